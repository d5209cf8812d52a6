/** What a sink says of its waiting, from the moment it says so until its next batch is settled. */
export interface WaitNote {
  set(note: string): void;
  clear(): void;
  /** The note without the sink's own label in front; undefined while the sink does not wait. */
  text(label: string): string | undefined;
}

/** Makes an empty note. */
export function createWaitNote(): WaitNote {
  let current: string | undefined;
  return {
    set(note) {
      current = note;
    },
    clear() {
      current = undefined;
    },
    text: (label) => (current?.startsWith(`${label}: `) ? current.slice(label.length + 2) : current),
  };
}
