/** Exponential smoothing that starts unbiased; gaps stay gaps. `weight` 0 leaves all as it is. */
export function smooth(values: (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0) return values;
  let [state, total] = [0, 0];
  return values.map((value) => {
    if (value === null) return null;
    state = weight * state + (1 - weight) * value;
    total = weight * total + (1 - weight);
    return state / total;
  });
}
