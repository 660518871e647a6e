import {html, svg, render} from 'lit-html';

const REMEMBERED = 120;
const page = document.getElementById('page');
page.replaceChildren(); // What is rendered stands behind what is there.
const delays = new Map();
let status = null;
let connected = false;
let problem = null;
render(html`<p class="quiet">Connecting ...</p>`, page);

const count = new Intl.NumberFormat('en');
const number = value => count.format(Math.round(value));

function bytes(value) {
  if (value === null) return '-';
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let power = 0;
  while (value >= 1024 && power < units.length - 1) { value /= 1024; power++; }
  return `${power && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

function milliseconds(value) {
  if (value === null) return '-';
  if (value < 10) return `${value.toFixed(1)} ms`;
  if (value < 1000) return `${Math.round(value)} ms`;
  if (value < 90000) return `${(value / 1000).toFixed(1)} s`;
  return `${(value / 60000).toFixed(1)} min`;
}

function remember(seen) {
  for (const destination of seen.destinations) {
    for (const table of destination.tables) {
      const key = `${destination.destination} ${table.table}`;
      const line = delays.get(key) ?? [];
      line.push(table.delay_ms);
      if (line.length > REMEMBERED) line.shift();
      delays.set(key, line);
    }
  }
}

/** The delay of the last two minutes on a logarithmic scale from 1 ms to 100 s. */
function delayLine(table) {
  const line = delays.get(`${table.destination} ${table.table}`) ?? [];
  let path = '';
  line.forEach((value, i) => {
    if (value === null) return;
    const height = Math.min(1, Math.log10(Math.max(1, value)) / 5);
    path += `${path ? 'L' : 'M'}${i + REMEMBERED - line.length} ${(23 - 21 * height).toFixed(1)}`;
  });
  return svg`<svg class="line" viewBox="0 0 ${REMEMBERED} 24" preserveAspectRatio="none"
      role="img" aria-label="delay over two minutes"><path d=${path}></path></svg>`;
}

const mood = {streaming: 'good', copying: '', waiting: 'quiet', catching_up: 'care', merging: 'care', paused: 'care', failed: 'bad'};

const pace = {high: 'often', medium: 'now and then', low: 'rarely'};

function state(table) {
  const word = table.state.replace('_', ' ');
  return table.state === 'copying' && table.estimated_bytes > 0
    ? html`<progress value=${table.copied_bytes} max=${Math.max(table.estimated_bytes, table.copied_bytes)}></progress> ${word}`
    : html`<span class=${mood[table.state]}>${word}</span>`;
}

let token = sessionStorage.getItem('tidetable-token');
const headers = () => token ? {Authorization: `Bearer ${token}`} : {};

async function ask(table, verb) {
  const answer = await fetch(
    `/api/v1/tables/${encodeURIComponent(table.table)}/${verb}?destination=${encodeURIComponent(table.destination)}`,
    {method: 'POST', headers: headers()});
  problem = answer.ok ? null : (await answer.json()).detail;
  draw();
}

function row(table) {
  const held = table.state === 'paused' || table.state === 'failed';
  return html`<tr>
    <td>${table.table}</td>
    <td>${state(table)}</td>
    <td>${table.temperature ? html`${table.temperature}<span class="quiet">, ${pace[table.change_frequency]}</span>` : ''}</td>
    <td title=${table.carried.freshness}>${table.carried.strategy.kind}</td>
    <td class="figure">${number(table.copied_rows)}</td>
    <td class="figure">${number(table.applied_changes)}</td>
    <td class="figure">${number(table.changes_per_second)}/s</td>
    <td class="figure">${milliseconds(table.delay_ms)}</td>
    <td class="figure">${milliseconds(table.delay_p99_ms)}</td>
    <td>${delayLine(table)}</td>
    <td class="figure">${bytes(table.backlog_bytes)}</td>
    <td><span class="track ${table.track}">${table.track}</span>${
      table.lane === table.table ? '' : html` <span class="quiet">${table.lane}</span>`}</td>
    <td><button @click=${() => ask(table, held ? 'resume' : 'pause')}>${held ? 'resume' : 'pause'}</button></td>
  </tr>
  ${table.message || table.quarantined ? html`<tr><td></td><td class=${
    table.message === table.carried.freshness ? 'message quiet' : 'message'} colspan="12">${table.message}
    ${table.quarantined ? `${number(table.quarantined)} changes set aside in tidetable.quarantine` : ''}</td></tr>` : ''}`;
}

function destination(each) {
  return html`<h2>to ${each.destination}
      <span class=${each.connected ? 'quiet' : 'bad'}>${each.connected
        ? `${each.busy_slots} of ${each.slots} appliers busy` : 'out of reach'} ${each.message ?? ''}</span></h2>
    <div class="wide"><table>
      <thead><tr><th>table</th><th>state</th><th title="how much it is read, and how often it changes">class, changed</th><th>strategy</th><th class="figure">rows copied</th><th class="figure">changes</th><th class="figure">rate</th>
        <th class="figure">delay</th><th class="figure">p99</th><th>two minutes, 1 ms to 100 s</th><th class="figure">backlog</th>
        <th>track</th><th></th></tr></thead>
      <tbody>${each.tables.map(row)}</tbody>
    </table></div>
    ${each.tables.length < each.table_count ? html`<p class="quiet">the ${number(each.tables.length)} of ${number(each.table_count)} tables
      with most to tell; 'tidetable tables' shows all</p>` : ''}`;
}

function draw() {
  if (!status) return;
  const tables = status.destinations.flatMap(each => each.tables);
  const sum = key => tables.reduce((total, table) => total + table[key], 0);
  const hot = tables.filter(table => table.track === 'express' && table.delay_ms !== null);
  render(html`
    <header>
      <h1>Tidetable</h1>
      <span>${status.pipeline}</span>
      <span class=${!connected ? 'bad' : status.ready ? 'good' : 'care'}>${
        !connected ? 'the process does not answer' : status.ready ? 'ready' : 'not ready'}</span>
      <span class="quiet">${new Date(status.at).toLocaleTimeString()}</span>
    </header>
    ${problem ? html`<p class="bad">${problem}</p>` : ''}
    <div class="facts">
      <div class="fact"><b>${number(sum('changes_per_second'))}/s</b>row changes applied</div>
      <div class="fact"><b>${hot.length ? milliseconds(Math.max(...hot.map(table => table.delay_ms))) : '-'}</b>longest delay of a hot table</div>
      <div class="fact"><b>${bytes(sum('backlog_bytes'))}</b>waiting in the journal</div>
      ${status.tracks.map(track => html`<div class="fact"><b>${bytes(track.held_back_bytes)}</b>held back at the source by
        <span class="track ${track.track}">${track.track}</span> <span class=${track.state === 'streaming' ? 'quiet' : 'care'}>${track.state}
        ${track.message ?? ''}</span></div>`)}
    </div>
    ${status.destinations.map(destination)}
    <p class="quiet">${token ? '' : html`<a href="/api/v1/status">JSON</a> · <a href="/metrics">metrics</a> · `}<a
      href="/openapi.yaml">OpenAPI</a></p>`, page);
}

/** Asks for a token where one is needed; it is kept as long as the browser's tab. */
function tokenAsked(why) {
  return new Promise(given => render(html`
    <header><h1>Tidetable</h1></header>
    <form @submit=${event => { event.preventDefault(); given(new FormData(event.target).get('token').trim()); }}>
      <p>${why}</p>
      <label>Token <input name="token" type="password" autocomplete="off" required autofocus></label> <button>Show</button>
    </form>`, page));
}

function tell(block) {
  const lines = block.split('\n');
  if (!lines.includes('event: status')) return;
  status = JSON.parse(lines.filter(line => line.startsWith('data: ')).map(line => line.slice(6)).join('\n'));
  connected = true;
  remember(status);
  draw();
}

/** Reads one answer of /events to its end. An EventSource could not show a token. */
async function listen() {
  const answer = await fetch('/events', {headers: {...headers(), Accept: 'text/event-stream'}});
  if (answer.status === 401 || answer.status === 429) {
    token = await tokenAsked(token
      ? (await answer.json()).detail
      : html`This page needs an access token. <code>tidetable token create NAME --role viewer -c FILE</code> makes one.`);
    sessionStorage.setItem('tidetable-token', token);
    return;
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = '';
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    const blocks = (waiting + value).split('\n\n');
    waiting = blocks.pop();
    blocks.forEach(tell);
  }
}

for (;;) {
  try {
    await listen();
  } catch (e) {
    connected = false;
    draw();
    await new Promise(later => setTimeout(later, 1000));
  }
}
