declare module "plotly.js/lib/core" {
  export interface PlotElement extends HTMLElement {
    on(event: string, handler: (event: never) => void): void;
    removeAllListeners(event: string): void;
    data: Plain[];
    layout: Plain;
  }
  type Plain = Record<string, unknown>;
  interface Core {
    newPlot(el: HTMLElement, data: Plain[], layout: Plain, config: Plain): Promise<PlotElement>;
    react(el: HTMLElement, data: Plain[], layout: Plain, config: Plain): Promise<PlotElement>;
    purge(el: HTMLElement): void;
    register(modules: unknown[]): void;
    toImage(figure: { data: Plain[]; layout: Plain }, options: Plain): Promise<string>;
    Plots: { resize(el: HTMLElement): Promise<void> };
    Fx: { hover(el: HTMLElement, points: Plain | Plain[]): void; unhover(el: HTMLElement): void };
  }
  const core: Core;
  export default core;
}
declare module "plotly.js/lib/bar" {
  const bar: unknown;
  export default bar;
}
