/** Numbers, times and bars as the UI and the reports print them: one place, so that they look alike everywhere. */

/** `12345` as `12,345`. */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Minutes and seconds, `m:ss`; with hours `h:mm:ss`. */
export function formatClock(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const two = (value: number): string => String(value % 60).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}:${two(seconds)}` : `${Math.floor(minutes / 60)}:${two(minutes)}:${two(seconds)}`;
}

/** A time by a view's clock: time of day, or minutes and seconds since the start. */
export function formatTime(clock: 'run' | 'utc', atMs: number): string {
  return clock === 'run' ? formatClock(atMs).padStart(5) : new Date(atMs).toISOString().slice(11, 19);
}

/** The same with the day, `11-22 03:14:15`, where there is one. */
export function formatDayAndTime(clock: 'run' | 'utc', atMs: number): string {
  return clock === 'run' ? formatTime(clock, atMs) : new Date(atMs).toISOString().slice(5, 19).replace('T', ' ');
}

/** Seconds with one decimal, `12.3 s`. */
export function formatSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** How long something takes, in the units one thinks in: `12.3 s`, `12 min 5 s`, `3 h 20 min`, `2 d 4 h`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 119_950) return formatSeconds(milliseconds);
  const seconds = Math.round(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A bar of `width` cells filled by `share` (0 to 1), with eighths where `fine` characters can be shown. */
export function formatBar(share: number, width: number): string {
  const filled = Math.round(Math.max(0, Math.min(1, share)) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

/** Cuts a text to `width` columns, with an ellipsis where something is missing. */
export function fit(text: string, width: number): string {
  if (text.length <= width) return text;
  return width <= 1 ? text.slice(0, Math.max(0, width)) : `${text.slice(0, width - 1)}…`;
}

/** Cuts a text to `width` columns in its middle: ends tell names and addresses apart better than beginnings. */
export function fitMiddle(text: string, width: number): string {
  if (text.length <= width || width <= 2) return fit(text, width);
  const tail = Math.ceil((width - 1) * 0.6);
  return `${text.slice(0, width - 1 - tail)}…${text.slice(text.length - tail)}`;
}

/**
 * Names cut to `width` columns such that what they differ in stays: an ending that all long ones share, a domain for
 * example, goes first.
 */
export function fitNames(names: readonly string[], width: number): string[] {
  const long = names.filter((name) => name.length > width);
  const [first = '', ...others] = long;
  let shared = 0;
  const endsAlike = (length: number): boolean => others.every((name) => name.endsWith(first.slice(-length)));
  while (others.length > 0 && shared + 1 < first.length && endsAlike(shared + 1)) shared++;
  // What is alike in numbered names is not their domain.
  const ending = /[._-].*$/.exec(first.slice(first.length - shared))?.[0].length ?? 0;
  return names.map((name) => {
    if (name.length <= width) return name;
    return ending < 2 ? fitMiddle(name, width) : `${fitMiddle(name.slice(0, name.length - ending), width - 1)}…`;
  });
}

/** An operation's title cut to `width` columns: of two servers something of both stays. */
export function fitTitle(title: string, width: number): string {
  const [, verb, from, to] = /^(\S+) (\S+) by (\S+)$/.exec(title) ?? [];
  if (title.length <= width || verb === undefined || from === undefined || to === undefined) return fit(title, width);
  const room = Math.floor((width - verb.length - ' '.length - ' by '.length) / 2);
  return fit(`${verb} ${fitNames([from, to], room).join(' by ')}`, width);
}

/** A rate with a decimal prefix: `0`, `950`, `1.2k`, `34M`. At most five characters. */
export function formatRate(perSecond: number): string {
  const units = ['', 'k', 'M', 'G', 'T'];
  let value = Math.max(0, perSecond);
  let unit = 0;
  // 999.5 would be printed as 1000.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const text = unit === 0 || value >= 9.95 ? Math.round(value).toString() : value.toFixed(1);
  return `${text}${units[unit]}`;
}

/** A verdict of the health checks in words: what is `unknown` is so because nobody has looked. */
export function healthText(health: string): string {
  return health === 'unknown' ? 'not checked' : health;
}

/** A share from 0 to 1 as `37%`; `<1%` for what would round to nothing. */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.01) return '<1%';
  return `${Math.round(share * 100)}%`;
}
