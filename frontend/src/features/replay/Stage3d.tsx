import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useScheme } from "@/components/useScheme";
import type { ReplayRecord, Stage } from "./record";
import classes from "./replay.module.css";
import { canDraw, ReplayScene } from "./scene";

interface Props {
  record: ReplayRecord;
  stage: Stage;
  frame: number;
  /** Grows with every wish to reset the view. */
  home: number;
  label: string;
}

const TURN = Math.PI / 24;
const KEYS: Record<string, [number, number, number]> = {
  ArrowLeft: [-TURN, 0, 1],
  ArrowRight: [TURN, 0, 1],
  ArrowUp: [0, TURN, 1],
  ArrowDown: [0, -TURN, 1],
  "+": [0, 0, 0.88],
  "=": [0, 0, 0.88],
  "-": [0, 0, 1.14],
};

/** The rollout in three dimensions: drag, wheel or arrow keys move the camera. */
export default function Stage3d({ record, stage, frame, home, label }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const scene = useRef<ReplayScene | null>(null);
  const scheme = useScheme();
  const [drawn] = useState(canDraw);
  const now = useRef(frame);
  now.current = frame;
  useEffect(() => {
    const element = place.current;
    if (!element || !drawn) return;
    const made = new ReplayScene(element, record, stage, scheme);
    scene.current = made;
    const watcher = new ResizeObserver(() =>
      made.resize(element.clientWidth, element.clientHeight),
    );
    watcher.observe(element);
    made.show(now.current);
    return () => {
      watcher.disconnect();
      made.close();
      scene.current = null;
    };
  }, [record, stage, scheme, drawn]);
  useEffect(() => scene.current?.show(frame), [frame]);
  useEffect(() => {
    if (home > 0) scene.current?.home();
  }, [home]);
  const onKeyDown = (event: KeyboardEvent) => {
    const turn = KEYS[event.key];
    if (!turn || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    scene.current?.turn(...turn);
  };
  if (!drawn)
    return (
      <div className={classes.noScene} role="note">
        This browser draws no WebGL, so the scene cannot be shown. Switch on hardware acceleration,
        or see the video on the run's page.
      </div>
    );
  return (
    <div
      ref={place}
      className={classes.scene}
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: its keys turn the camera
      tabIndex={0}
      aria-label={label}
      onKeyDown={onKeyDown}
    />
  );
}
