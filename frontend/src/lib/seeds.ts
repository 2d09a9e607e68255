/** `0, 1, 4-6` as [0, 1, 4, 5, 6]; one run is started per seed. */
export type Seeds = { seeds: number[]; problem: null } | { seeds: []; problem: string };

const MOST = 50;
const LARGEST = 2 ** 31 - 1;

export function parseSeeds(text: string): Seeds {
  const seeds = new Set<number>();
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  if (parts.length === 0) return refuse("Give at least one seed, for example 0, 1, 2.");
  for (const part of parts) {
    const match = /^(\d+)(?:[-–](\d+))?$/.exec(part);
    if (!match) return refuse(`“${part}” is not a whole number; write 0, 1, 2 or 0-4.`);
    const from = Number(match[1]);
    const to = match[2] === undefined ? from : Number(match[2]);
    if (to < from) return refuse(`“${part}” runs backwards.`);
    if (to > LARGEST) return refuse(`Seeds go up to ${LARGEST}.`);
    if (to - from >= MOST) return refuse(`At most ${MOST} seeds at once.`);
    for (let seed = from; seed <= to; seed += 1) seeds.add(seed);
  }
  if (seeds.size > MOST) return refuse(`At most ${MOST} seeds at once.`);
  return { seeds: [...seeds], problem: null };
}

function refuse(problem: string): Seeds {
  return { seeds: [], problem };
}
