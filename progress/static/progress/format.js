// Numbers as people read them.

const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** 1024 to the step, as the site's own messages do. */
export function bytes(count) {
  let value = count;
  let unit = 0;
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  if (unit === 0) return value === 1 ? "1 byte" : `${value} bytes`;
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** A length of film: 0:07, 12:30, 1:02:03. */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  const hours = Math.floor(whole / 3600);
  const tail = parts.map((part) => String(part).padStart(2, "0"));
  return hours ? `${hours}:${tail.join(":")}` : `${parts[0]}:${tail[1]}`;
}

/** A wait, as roughly as it is known. */
export function wait(seconds) {
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 5) return "a few seconds";
  if (seconds < 60) return `${Math.round(seconds / 5) * 5} seconds`.replace("60 seconds", "1 minute");
  if (seconds < 3570) {
    const minutes = Math.round(seconds / 60);
    return minutes === 1 ? "1 minute" : `${minutes} minutes`;
  }
  const hours = Math.floor((seconds + 30) / 3600);
  const minutes = Math.floor((seconds + 30 - hours * 3600) / 60);
  return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
}

/** Money as operators read it: a minute of a small machine costs less than a cent. */
export function money({ amount, currency }) {
  const value = Number(amount);
  return value > 0 && value < 0.0001 ? `under 0.0001 ${currency}` : `${value.toFixed(4)} ${currency}`;
}

export function plural(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

const DAY = new Intl.DateTimeFormat("en", { dateStyle: "medium" });

export function day(isoTime) {
  return DAY.format(new Date(isoTime));
}
