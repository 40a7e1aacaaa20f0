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

function deviceCard(device, now) {
  const known = device.connected !== undefined;
  const state = known
    ? `${device.connected ? 'connected' : 'not connected'} ${age(now - device.since)}`
    : 'not heard';
  const rows = device.signals.map((signal) => signalRow(signal, now));
  const facts = [
    device.firmware ? `firmware ${device.firmware}` : '',
    device.bootId ? `boot ${device.bootId}` : '',
  ];
  return card(
    device.name ? `${device.name} (${device.id})` : device.id,
    state,
    device.connected ? 'good' : 'warn',
    line(facts.filter(Boolean).join(' · ')),
    rows.length > 0 ? element('table', '', element('tbody', '', ...rows)) : undefined,
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

function show(status) {
  const { now } = status.gateway;
  document.getElementById('gateway').textContent = status.gateway.id;
  document.title = `${status.alertCount > 0 ? `(${status.alertCount}) ` : ''}Gateway ${status.gateway.id}`;
  fill(
    'notices',
    status.notices.map((notice) => element('li', 'bad', notice)),
  );
  fill(
    'alerts',
    status.alerts.map((alert) => alertCard(alert, now)),
    'None.',
  );
  const hidden = status.deviceCount - status.devices.length;
  fill(
    'devices',
    [
      ...status.devices.map((device) => deviceCard(device, now)),
      ...(hidden > 0 ? [element('li', 'muted', `and ${hidden} more`)] : []),
    ],
    'None yet.',
  );
  fill('connectors', status.connectors.map(connectorCard), 'None.');
  fill('cloud', [
    ...status.lanes.map((lane) => laneCard(lane, now)),
    ...(status.downlink ? [downlinkCard(status.downlink, now)] : []),
  ]);
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
