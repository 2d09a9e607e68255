import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from "react";

const InView = createContext(true);

/** Whether the surrounding place is on screen, or nearly. */
export function useInView(): boolean {
  return useContext(InView);
}

/** The value as it was when the place was last on screen: nothing is drawn where nobody looks. */
export function useWhileInView<T>(value: T): T {
  const inView = useInView();
  const kept = useRef(value);
  if (inView) kept.current = value;
  return kept.current;
}

/** Draws its content once it comes near the screen; until then it only keeps the place. */
export function WhenSeen({ className, children }: { className?: string; children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  const [inView, setInView] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const observer = new IntersectionObserver(
      (entries) => {
        const visible = entries[entries.length - 1]?.isIntersecting ?? false;
        setInView(visible);
        if (visible) setSeen(true);
      },
      { rootMargin: "200px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={place} className={className}>
      <InView.Provider value={inView}>{seen && children}</InView.Provider>
    </div>
  );
}
