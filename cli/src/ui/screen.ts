/**
 * The whole screen as rows: title, tabs, the page, footer. The footer has the keys, or whatever has the keyboard
 * instead: a question, a field. How a command went covers the page's last rows until the next key.
 */
import { alertsOf } from './alerts.ts';
import { fit, formatTime } from './format.ts';
import { GLOBAL_BINDINGS, PAGE_BINDINGS, shownKeys } from './keys.ts';
import { bucketsPage } from './pages/buckets.ts';
import { connectionsPage } from './pages/connections.ts';
import { eventsPage } from './pages/events.ts';
import { helpPage } from './pages/help.ts';
import { outputPage } from './pages/output.ts';
import { overviewPage } from './pages/overview.ts';
import { serverPage } from './pages/server.ts';
import { shiftPage } from './pages/shift.ts';
import { switchPage } from './pages/switch.ts';
import { tracePage } from './pages/trace.ts';
import { fitRow, type Row, row, rowWidth, selected, span, spread } from './rows.ts';
import { bodyRows, frameWidth } from './selectors.ts';
import { type InputPurpose, PAGES, type PageName, type UiState } from './state.ts';
import { wrapText } from './text-pane.ts';

const TITLES: Readonly<Record<PageName, string>> = {
  overview: 'Overview',
  buckets: 'Buckets',
  shift: 'Shift',
  server: 'Server',
  connections: 'Search',
  events: 'Events',
  switch: 'Switch',
  trace: 'Trace',
};

const PAGE_ROWS: Readonly<Record<PageName, (state: UiState) => Row[]>> = {
  overview: overviewPage,
  buckets: bucketsPage,
  shift: shiftPage,
  server: serverPage,
  connections: connectionsPage,
  events: eventsPage,
  switch: switchPage,
  trace: tracePage,
};

const PROMPTS: Readonly<Record<InputPurpose, string>> = {
  command: 'mooring ',
  server: 'servers with: ',
  connections: 'client, address or address:port: ',
  events: 'lines with: ',
  trace: 'client, address:port: ',
};

function titleRow(state: UiState, width: number): Row {
  const { view } = state;
  const alerts = alertsOf(view).join(' · ');
  const time = `${formatTime(view.clock, view.nowMs).trimStart()}${view.clock === 'utc' ? ' UTC' : ''}`;
  const right = row(
    ...(alerts === '' ? [] : [span(fit(alerts, width - time.length - 12), { bold: true, colour: 'red' }), span('  ')]),
    time,
  );
  return spread(row(span(`${view.title} · ${view.subtitle}`, { bold: true })), right, width);
}

function tabsRow(state: UiState, width: number): Row {
  const tabs = (withTitles: boolean): Row =>
    PAGES.flatMap((page, index) => [
      ...(index > 0 ? [span('  ')] : []),
      span(
        withTitles || page === state.page ? `${index + 1} ${TITLES[page]}` : `${index + 1}`,
        page === state.page ? { inverse: true, bold: true } : {},
      ),
    ]);
  const whole = tabs(true);
  // All pages rather than all of their names.
  return rowWidth(whole) <= width ? whole : fitRow(tabs(false), width);
}

function footerRow(state: UiState, width: number): Row {
  const { confirm, input } = state;
  if (confirm) {
    const command = confirm.kind === 'command' ? `  (mooring ${confirm.argv.join(' ')})` : '';
    const choices = row('  y yes  n no', span(command, { dim: true }));
    // The question gives way, for whoever cannot see the keys cannot answer.
    const question = fitRow(
      row(span(` ${confirm.question}`, { bold: true, colour: 'yellow' })),
      Math.max(1, width - 13),
    );
    return fitRow([...question, ...choices], width);
  }
  if (input) {
    const label = ` ${PROMPTS[input.purpose]}`;
    // The end of a long text is what is being typed.
    const text = input.text.slice(-Math.max(1, width - label.length - 2));
    return row(span(label, { bold: true }), text, span(' ', { inverse: true }));
  }
  // The page's keys do nothing while something stands over it.
  if (state.output || state.isHelpOpen)
    return row(span(' esc', { bold: true }), ' closes this ', span(' j/k', { bold: true }), ' scroll');
  const always = GLOBAL_BINDINGS.filter((binding) => binding.action === 'help' || binding.action === 'quit');
  const others = [...PAGE_BINDINGS[state.page], ...GLOBAL_BINDINGS.filter((binding) => !always.includes(binding))];
  const parts = (bindings: typeof others): Row =>
    bindings.flatMap((binding) =>
      binding.short === undefined ? [] : [span(` ${shownKeys(binding)}`, { bold: true }), span(` ${binding.short} `)],
    );
  const right = parts(always);
  const room = width - rowWidth(right);
  const left: Row[] = [];
  for (const binding of others) {
    const next = parts([binding]);
    if (rowWidth(left.flat()) + rowWidth(next) > room) break;
    left.push(next);
  }
  return [...left.flat(), ...right];
}

/** All rows of the frame: as many as the terminal has less one, each at most as wide as it. */
export function screenRows(state: UiState): Row[] {
  const width = frameWidth(state);
  const page = state.output ? outputPage(state) : state.isHelpOpen ? helpPage(state) : PAGE_ROWS[state.page](state);
  const { message } = state;
  if (message) {
    const lines = wrapText(message.text, width - 2).slice(0, bodyRows(state));
    const style = { bold: true, colour: message.isError ? 'red' : 'green' } as const;
    page.splice(
      bodyRows(state) - lines.length,
      lines.length,
      ...lines.map((line) => (message.isError ? selected(row(` ${line}`), width) : row(span(` ${line}`, style)))),
    );
  }
  return [titleRow(state, width), tabsRow(state, width), ...page, footerRow(state, width)];
}
