export interface Pace {
  /** The least time from the start of one turn to the start of the next, in ms. */
  least: number;
  /** After a turn follows a rest of so many times as long as it took. */
  rest: number;
  /** Wait before a turn, in ms: one piece of news comes as several messages. */
  gather: number;
}

/**
 * Does a task soon after it is asked for: one turn at a time, each let finish, with a rest after it
 * that grows with what it took. However often it is asked for meanwhile, one more turn follows.
 */
export class Pacer {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;
  private again = false;
  private ready = 0;
  private stopped = false;

  constructor(
    private readonly task: () => Promise<unknown>,
    private readonly pace: Pace = { least: 400, rest: 4, gather: 25 },
  ) {}

  ask(): void {
    if (this.running) this.again = true;
    else if (!this.timer && !this.stopped) {
      const wait = Math.max(this.pace.gather, this.ready - Date.now());
      this.timer = setTimeout(() => void this.turn(), wait);
    }
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private async turn(): Promise<void> {
    this.timer = undefined;
    this.running = true;
    this.again = false;
    const start = Date.now();
    try {
      await this.task();
    } finally {
      const end = Date.now();
      this.ready = Math.max(start + this.pace.least, end + this.pace.rest * (end - start));
      this.running = false;
      if (this.again) this.ask();
    }
  }
}
