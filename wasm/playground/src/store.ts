// A value that tells its readers when it changes.

/** A value and who wants to know of it. */
export class Store<T> {
  #value: T;
  readonly #readers = new Set<(value: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set value(value: T) {
    if (value === this.#value) return;
    this.#value = value;
    for (const reader of this.#readers) reader(value);
  }

  /** Calls the reader now and after each change. */
  read(reader: (value: T) => void): void {
    this.#readers.add(reader);
    reader(this.#value);
  }
}
