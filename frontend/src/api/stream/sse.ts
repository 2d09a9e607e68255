/** One server-sent event. `id` is the newest id seen, as the standard has it. */
export interface SseMessage {
  event: string;
  data: string;
  id: string;
}

/** Incremental parser of an event stream (WHATWG HTML, 9.2.6), fed with decoded chunks. */
export class SseParser {
  private buffer = "";
  private data: string[] = [];
  private event = "";
  private id: string;

  constructor(lastId = "") {
    this.id = lastId;
  }

  feed(chunk: string): SseMessage[] {
    this.buffer += chunk;
    const lines = this.buffer.split(/\r\n|\n|\r(?!$)/);
    this.buffer = lines.pop() ?? "";
    return lines.flatMap((line) => this.line(line));
  }

  private line(line: string): SseMessage[] {
    if (line === "") return this.dispatch();
    if (line.startsWith(":")) return [];
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.data.push(value);
    else if (field === "event") this.event = value;
    else if (field === "id" && !value.includes("\0")) this.id = value;
    return [];
  }

  private dispatch(): SseMessage[] {
    const message = { event: this.event || "message", data: this.data.join("\n"), id: this.id };
    const empty = this.data.length === 0;
    this.data = [];
    this.event = "";
    return empty ? [] : [message];
  }
}
