/** How many letters have to be added, dropped or changed to turn one word into the other. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const letter of Array.from(a)) {
    const next = [(row[0] ?? 0) + 1];
    Array.from(b).forEach((other, column) => {
      const changed = (row[column] ?? 0) + (letter === other ? 0 : 1);
      const dropped = (row[column + 1] ?? 0) + 1;
      const added = (next[column] ?? 0) + 1;
      next.push(Math.min(changed, dropped, added));
    });
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The known word that was probably meant, if one is at most two letters away. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  return known
    .filter((candidate) => distance(word, candidate) <= 2)
    .sort((a, b) => distance(word, a) - distance(word, b))[0];
}
