import type { PublicStatus } from './public-status.ts';
import { publicTexts } from './public-texts.ts';

const refreshMilliseconds = 4000;

export function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** What such a page may do: run its one script, wear its one style, ask for its own status. */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const style = `
:root{color-scheme:light dark;--ground:#f4f5f7;--card:#fff;--ink:#1a1d21;--soft:#5d6570;--line:#dfe3e8;--accent:#0b6bcb;--done:#1c7c3f}
@media (prefers-color-scheme:dark){:root{--ground:#101316;--card:#191d22;--ink:#e9ecef;--soft:#9aa4af;--line:#2c333b;--accent:#6cb2ff;--done:#69d08f}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans TC",sans-serif;-webkit-text-size-adjust:100%}
main{max-width:34rem;margin:0 auto;padding:1.25rem 1rem 2rem}
article{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.25rem}
.number{margin:0;color:var(--soft);font-size:.875rem;font-variant-numeric:tabular-nums}
h1{margin:.15rem 0 1rem;font-size:1.3rem;line-height:1.3;overflow-wrap:anywhere}
.status{display:inline-block;margin:0 0 1.25rem;padding:.3rem .8rem;border-radius:999px;background:color-mix(in srgb,var(--accent) 14%,transparent);color:var(--accent);font-weight:600}
.status.resolved{background:color-mix(in srgb,var(--done) 16%,transparent);color:var(--done)}
.status.cancelled{background:var(--line);color:var(--soft)}
ol{list-style:none;margin:0;padding:0}
li{position:relative;padding:0 0 1rem 2rem}
li::before{content:"";position:absolute;left:.3rem;top:.3rem;width:.8rem;height:.8rem;border-radius:50%;border:2px solid var(--line);background:var(--card);z-index:1}
li::after{content:"";position:absolute;left:.68rem;top:.8rem;bottom:-.5rem;width:2px;background:var(--line)}
li:last-child{padding-bottom:.25rem}
li:last-child::after{display:none}
li.done::before{border-color:var(--done);background:var(--done)}
li.done::after{background:var(--done)}
li.now{font-weight:600}
li.now::before{border-color:var(--accent);background:var(--accent);animation:pulse 2s infinite}
li.ahead{color:var(--soft)}
li time{display:block;color:var(--soft);font-size:.875rem;font-weight:400}
footer{margin-top:1rem;color:var(--soft);font-size:.875rem}
footer p{margin:.25rem 0}
@keyframes pulse{50%{box-shadow:0 0 0 6px color-mix(in srgb,var(--accent) 22%,transparent)}}
@media (prefers-reduced-motion:reduce){li.now::before{animation:none}}
`;

/** Runs in the customer's browser: shows times as they are there, and the status anew every few seconds. */
const script = `
'use strict';
const find = (id) => document.getElementById(id);
const language = document.documentElement.lang;
const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
const showTimes = () => {
  for (const element of document.querySelectorAll('time')) {
    element.textContent = format.format(new Date(element.dateTime));
  }
};
const timeOf = (at) => {
  const element = document.createElement('time');
  element.dateTime = at;
  return element;
};
const show = (status) => {
  document.title = status.number + ' · ' + status.statusText;
  find('title').textContent = status.title;
  find('status').textContent = status.statusText;
  find('status').className = 'status ' + status.status;
  find('steps').replaceChildren(...status.steps.map((step) => {
    const item = document.createElement('li');
    item.className = step.state;
    if (step.state === 'now') item.setAttribute('aria-current', 'step');
    item.append(step.text);
    if (step.at) item.append(timeOf(step.at));
    return item;
  }));
  find('last-update').replaceChildren(timeOf(status.lastUpdate));
  showTimes();
};
let shown = '';
const refresh = async () => {
  try {
    const answer = await fetch(location.pathname.replace(/\\/$/, '') + '/status.json', { cache: 'no-store' });
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    if (text !== shown) {
      shown = text;
      show(JSON.parse(text));
    }
    find('connection').hidden = true;
  } catch (error) {
    console.warn(error);
    find('connection').hidden = false;
  }
  setTimeout(refresh, ${refreshMilliseconds});
};
showTimes();
setTimeout(refresh, ${refreshMilliseconds});
`;

function document(options: {
  language: string;
  title: string;
  nonce: string;
  body: string;
  script: string;
}): string {
  return `<!doctype html>
<html lang="${options.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(options.title)}</title>
<style nonce="${options.nonce}">${style}</style>
</head>
<body>
<main>${options.body}</main>
${options.script}</body>
</html>
`;
}

const timeElement = (at: string): string =>
  `<time datetime="${at}">${at.slice(0, 16).replace('T', ' ')} UTC</time>`;

/** The customer's page. It is complete without its script, which only keeps it up to date. */
export function casePage(status: PublicStatus, nonce: string): string {
  const texts = publicTexts[status.language];
  const steps = status.steps
    .map((step) => {
      const current = step.state === 'now' ? ' aria-current="step"' : '';
      const at = step.at === null ? '' : timeElement(step.at);
      return `<li class="${step.state}"${current}>${escapeHtml(step.text)}${at}</li>`;
    })
    .join('');
  return document({
    language: status.language,
    title: `${status.number} · ${status.statusText}`,
    nonce,
    body: `
<article>
<p class="number">${escapeHtml(texts.yourCase)} ${escapeHtml(status.number)}</p>
<h1 id="title">${escapeHtml(status.title)}</h1>
<p class="status ${status.status}" id="status" role="status">${escapeHtml(status.statusText)}</p>
<ol id="steps">${steps}</ol>
</article>
<footer>
<p>${escapeHtml(texts.lastUpdate)}: <span id="last-update">${timeElement(status.lastUpdate)}</span></p>
<p>${escapeHtml(texts.updatesItself)}</p>
<p id="connection" role="alert" hidden>${escapeHtml(texts.connectionLost)}</p>
</footer>
`,
    script: `<script nonce="${nonce}">${script}</script>\n`,
  });
}

/** Whoever has a wrong link learns no more than that. */
export function notFoundPage(nonce: string): string {
  const texts = publicTexts.en;
  return document({
    language: 'en',
    title: texts.notFoundTitle,
    nonce,
    body: `<article><h1>${escapeHtml(texts.notFoundTitle)}</h1><p>${escapeHtml(texts.notFoundText)}</p></article>`,
    script: '',
  });
}
