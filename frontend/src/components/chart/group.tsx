import type { PlotElement } from "plotly.js/lib/core";
import { createContext, type ReactNode, useContext, useState } from "react";

/** Charts over the same axis: pointing at one shows the same place in all of them. */
export class ChartGroup {
  private readonly members = new Set<PlotElement>();

  join(plot: PlotElement): void {
    this.members.add(plot);
    plot.on("plotly_hover", (event: { xvals?: number[]; points?: { x: number }[] }) => {
      const x = event.points?.[0]?.x ?? event.xvals?.[0];
      if (typeof x === "number") void this.point(plot, x);
    });
    plot.on("plotly_unhover", () => void this.point(plot, null));
  }

  leave(plot: PlotElement): void {
    this.members.delete(plot);
    plot.removeAllListeners?.("plotly_hover");
    plot.removeAllListeners?.("plotly_unhover");
  }

  /** What code asks of a chart raises no event, so charts never answer each other. */
  private async point(from: PlotElement, x: number | null): Promise<void> {
    const { default: engine } = await import("./engine");
    for (const plot of this.members) {
      if (plot === from) continue;
      if (x === null) engine.Fx.unhover(plot);
      else engine.Fx.hover(plot, { xval: x });
    }
  }
}

const Context = createContext<ChartGroup | null>(null);
const alone = new ChartGroup();

export function ChartGroupProvider({ children }: { children: ReactNode }) {
  const [group] = useState(() => new ChartGroup());
  return <Context.Provider value={group}>{children}</Context.Provider>;
}

export function useChartGroup(): ChartGroup {
  return useContext(Context) ?? alone;
}
