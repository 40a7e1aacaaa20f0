const refreshMilliseconds = 2000;

/** Makes an element. Texts are set as text, so whatever a device sent stays text. */
function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) {
    made.className = className;
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

function age(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) {
    return `${seconds} s`;
  }
  if (seconds < 3600) {
    return `${Math.floor(seconds / 60)} min`;
  }
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

function bytes(count) {
  if (count < 1024) {
    return `${count} B`;
  }
  return count < 1_048_576 ? `${(count / 1024).toFixed(1)} KiB` : `${(count / 1_048_576).toFixed(1)} MiB`;
}

const card = (title, state, stateClass, ...lines) =>
  element(
    'li',
    '',
    element('div', 'title', element('span', '', title), element('span', stateClass, state)),
    ...lines.filter((line) => line !== undefined),
  );

const line = (text, className = 'muted') => (text ? element('p', className, text) : undefined);

function fill(id, items, nothing) {
  const list = document.getElementById(id);
  list.replaceChildren(...(items.length > 0 || !nothing ? items : [element('li', 'muted', nothing)]));
}

function alertCard(alert, now) {
  const serious = alert.severity === 'CRITICAL' || alert.severity === 'MAJOR';
  const code = alert.errorCode === undefined ? '' : ` · error ${alert.errorCode}`;
  return card(
    `${alert.deviceId} · ${alert.rule}`,
    `${alert.severity} ${alert.state}`,
    serious ? 'bad' : 'warn',
    line(alert.reason, ''),
    line(`since ${age(now - alert.raisedAt)}${code}`),
  );
}

const qualityClass = { GOOD: 'good', UNCERTAIN: 'warn', BAD: 'bad' };

function signalRow(signal, now) {
  const value = signal.value === null ? '–' : String(signal.value);
  return element(
    'tr',
    '',
    element('td', '', signal.signal),
    element('td', 'value', signal.unitSymbol ? `${value} ${signal.unitSymbol}` : value),
    element('td', qualityClass[signal.quality], signal.qualityReason ?? signal.quality),
    element('td', 'muted value', age(now - signal.sourceTime)),
  );
}

/** Devices that were unfolded stay so, whatever is refreshed. */
const unfolded = new Set();

/** What needs a look comes first: 0 trouble, 1 never heard of, or not since the start, 2 well. */
function rank(device) {
  if (device.connected === false || device.signals.some(({ quality }) => quality === 'BAD')) {
    return 0;
  }
  return device.connected === undefined && device.signals.length === 0 ? 1 : 2;
}

function deviceState(device, now) {
  const bad = device.signals.filter(({ quality }) => quality === 'BAD').length;
  if (device.spoke !== true) {
    return ['never heard', device.connected === false ? 'bad' : 'warn'];
  }
  if (device.connected === false) {
    return [`not connected ${age(now - device.since)}`, 'bad'];
  }
  if (bad > 0) {
    return [`${bad} BAD`, 'bad'];
  }
  return device.connected === undefined
    ? device.signals.length > 0
      ? ['heard', 'good']
      : ['not heard since the start', 'warn']
    : [`connected ${age(now - device.since)}`, 'good'];
}

/** The first values in one line, so that most questions need no unfolding. */
function summaryLine(device) {
  const values = device.signals
    .slice(0, 3)
    .map(({ signal, value, unitSymbol }) => `${signal} ${value ?? '–'}${unitSymbol ? ` ${unitSymbol}` : ''}`);
  const more = device.signals.length - values.length;
  return [...values, ...(more > 0 ? [`${more} more`] : [])].join(' · ');
}

function deviceCard(device, now) {
  const [state, stateClass] = deviceState(device, now);
  const rows = device.signals.map((signal) => signalRow(signal, now));
  const facts = [
    device.firmware ? `firmware ${device.firmware}` : '',
    device.bootId ? `boot ${device.bootId}` : '',
  ];
  const title = element(
    'span',
    'title',
    element('span', '', device.name ? `${device.name} (${device.id})` : device.id),
    element('span', stateClass, state),
  );
  const details = element(
    'details',
    '',
    element('summary', '', title, line(summaryLine(device) || 'no values yet')),
    ...[
      line(facts.filter(Boolean).join(' · ')),
      rows.length > 0 ? element('table', '', element('tbody', '', ...rows)) : undefined,
    ].filter((child) => child !== undefined),
  );
  details.open = unfolded.has(device.id);
  details.addEventListener('toggle', () => {
    if (details.isConnected) {
      unfolded[details.open ? 'add' : 'delete'](device.id);
    }
  });
  return element('li', '', details);
}

let shown;
const filter = document.getElementById('device-filter');
filter.addEventListener('input', () => shown && showDevices(shown));

function showDevices(status) {
  const { now } = status.gateway;
  const wanted = filter.value.trim().toLowerCase();
  const found = status.devices
    .filter(({ id, name, signals }) =>
      [id, name ?? '', ...signals.map(({ signal }) => signal)].some((text) =>
        text.toLowerCase().includes(wanted),
      ),
    )
    .toSorted((one, other) => rank(one) - rank(other));
  const hidden = status.deviceCount - status.devices.length;
  filter.hidden = status.deviceCount < 8;
  document.getElementById('device-count').textContent =
    status.deviceCount === 0 ? '' : String(status.deviceCount);
  fill(
    'devices',
    [
      ...found.map((device) => deviceCard(device, now)),
      ...(hidden > 0 ? [element('li', 'muted', `and ${hidden} more, in status.json and the metrics`)] : []),
    ],
    status.devices.length === 0 ? 'None yet.' : 'None is called so.',
  );
}

function connectorCard(connector) {
  const counters = Object.entries(connector.counters).map(([name, count]) => `${name} ${count}`);
  return card(
    connector.name,
    connector.state,
    connector.state === 'connected' ? 'good' : 'warn',
    line(connector.detail, ''),
    line(counters.join(' · ')),
  );
}

function laneCard(lane, now) {
  const oldest = lane.oldestAt === undefined ? '' : `, the oldest ${age(now - lane.oldestAt)} old`;
  const lost = [
    ['dropped for room', lane.evicted],
    ['too old', lane.expired],
    ['refused by the cloud', lane.refused],
    ['thinned', lane.thinned],
  ].filter(([, count]) => count > 0);
  const sent = lane.uplink?.acknowledgedAt;
  return card(
    `Lane ${lane.lane}`,
    lane.uplink ? lane.uplink.state : 'no cloud',
    lane.uplink?.state === 'waiting' ? 'warn' : 'good',
    line(`${lane.queued} waiting (${bytes(lane.bytes)})${oldest}`, ''),
    line(sent === undefined ? '' : `last acknowledged ${age(now - sent)} ago`),
    line(
      lost.length > 0 ? `since the start ${lost.map(([name, count]) => `${count} ${name}`).join(', ')}` : '',
      'bad',
    ),
    line(lane.uplink?.error, 'warn'),
  );
}

function downlinkCard(downlink, now) {
  return card(
    'Downlink',
    `${downlink.state} ${age(now - downlink.since)}`,
    downlink.state === 'connected' ? 'good' : 'warn',
    line(`${downlink.messages} messages since the start`),
    line(downlink.error, 'warn'),
  );
}

const origins = { cloud: 'pushed from the cloud', file: 'from the file', person: 'gone back to by a person' };

function trialNotice({ version, trial }, now) {
  if (!trial) {
    return [];
  }
  const left = `version ${version} is on trial and is taken back in ${age(trial.deadline - now)} unless `;
  const condition = trial.confirmedBy === 'person' ? 'a person confirms it' : 'it proves healthy';
  const missing = trial.missing.length > 0 ? `: ${trial.missing.join('; ')}` : '';
  return [element('li', 'warn trial', `The configuration ${left}${condition}${missing}.`)];
}

function configurationCard(configuration, now) {
  const { version, source, cloudVersion, takenAt, trial } = configuration;
  return card(
    `Version ${version}`,
    trial ? 'on trial' : 'confirmed',
    trial ? 'warn' : 'good',
    line(
      `${origins[source]}${cloudVersion === undefined ? '' : `, number ${cloudVersion} there`}, ${age(now - takenAt)} ago`,
      '',
    ),
  );
}

function show(status) {
  const { now } = status.gateway;
  document.getElementById('gateway').textContent = status.gateway.id;
  document.title = `${status.alertCount > 0 ? `(${status.alertCount}) ` : ''}Gateway ${status.gateway.id}`;
  fill('notices', [
    ...status.notices.map((notice) => element('li', 'bad', notice)),
    ...trialNotice(status.configuration, now),
  ]);
  fill(
    'alerts',
    status.alerts.map((alert) => alertCard(alert, now)),
    'None.',
  );
  shown = status;
  showDevices(status);
  fill('connectors', status.connectors.map(connectorCard), 'None.');
  fill('cloud', [
    ...status.lanes.map((lane) => laneCard(lane, now)),
    ...(status.downlink ? [downlinkCard(status.downlink, now)] : []),
    ...(status.uplinkClosed
      ? [
          card(
            'Lines to the cloud',
            'closed',
            'warn',
            line('until their next window, or a critical alert', ''),
          ),
        ]
      : []),
  ]);
  fill('configuration', [configurationCard(status.configuration, now)]);
}

async function refresh() {
  const freshness = document.getElementById('freshness');
  try {
    const response = await fetch('status.json', { cache: 'no-store' });
    if (!response.ok) {
      throw new Error(`the gateway answered ${response.status}`);
    }
    const status = await response.json();
    show(status);
    freshness.textContent = `as of ${new Date(status.gateway.now).toLocaleTimeString()}, running for ${age(status.gateway.now - status.gateway.startedAt)}`;
    freshness.className = '';
  } catch (error) {
    freshness.textContent = `The gateway cannot be reached: ${error.message}`;
    freshness.className = 'bad';
  }
  setTimeout(refresh, refreshMilliseconds);
}

refresh();
