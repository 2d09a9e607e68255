/** What became of a move asked of many: `3 stopped; 1 refused: the run has ended`. */
export function outcome(word: string, results: PromiseSettledResult<unknown>[]): string {
  const refused = results.filter((r) => r.status === "rejected");
  const done = results.length - refused.length;
  const parts = done > 0 ? [`${done} ${word}`] : [];
  if (refused.length > 0) {
    const [first] = refused;
    const reason = first?.reason instanceof Error ? first.reason.message : String(first?.reason);
    parts.push(`${refused.length} refused: ${reason}`);
  }
  return parts.join("; ");
}
