// From offsets in bytes to offsets in strings, and back.

/** A range of a string. */
export interface TextRange {
  from: number;
  to: number;
}

/**
 * Turns the offsets of reports, which count bytes of UTF-8, into indexes of a JavaScript string, which count UTF-16
 * units. Made once for a text, it answers in logarithmic time; for ASCII, at once.
 */
export class Utf16Index {
  /** Behind each character that is not ASCII: its offset in bytes, and its index. */
  readonly #bytes: number[] = [0];
  readonly #units: number[] = [0];

  constructor(text: string) {
    // A byte-order mark does not count in offsets.
    const start = text.startsWith("\uFEFF") ? 1 : 0;
    this.#units[0] = start;
    let bytes = 0;
    let last = start;
    for (const { index } of text.slice(start).matchAll(/[^\0-\x7f]/gu)) {
      const at = start + index;
      const code = text.codePointAt(at) ?? 0;
      bytes += at - last + (code < 0x800 ? 2 : code < 0x10000 ? 3 : 4);
      last = at + (code < 0x10000 ? 1 : 2);
      this.#bytes.push(bytes);
      this.#units.push(last);
    }
  }

  /** The index in the string of an offset in bytes. */
  toUtf16(offset: number): number {
    return mapped(offset, this.#bytes, this.#units);
  }

  /** The offset in bytes of an index in the string. */
  toBytes(index: number): number {
    return mapped(index, this.#units, this.#bytes);
  }

  /** The indexes of a location or an edit of a report. */
  range(place: { start: { offset: number }; end: { offset: number } }): TextRange {
    return { from: this.toUtf16(place.start.offset), to: this.toUtf16(place.end.offset) };
  }
}

/** Between two characters that are not ASCII, both scales run alike. */
function mapped(value: number, from: number[], to: number[]): number {
  let low = 0;
  let high = from.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((from[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  const next = to[low + 1] ?? Infinity;
  return Math.min((to[low] ?? 0) + Math.max(value - (from[low] ?? 0), 0), next);
}
