const TITLE_HEIGHT = 16;
const SVG = "http://www.w3.org/2000/svg";

/**
 * A drawing of the page as a file that stands alone: with a title, on the page's ground, its
 * colours said in full, because the variables that hold them stay behind.
 */
export function drawingFile(drawing: SVGSVGElement, title: string): string {
  const { x, y, width, height } = drawing.viewBox.baseVal;
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const top = y - TITLE_HEIGHT;
  copy.setAttribute("viewBox", [x, top, width, height + TITLE_HEIGHT].join(" "));
  copy.setAttribute("width", "600");
  copy.setAttribute("font-family", "Inter, sans-serif");
  const size = { x, y: top, width, height: height + TITLE_HEIGHT };
  const ground = made("rect", { ...size, fill: "var(--cl-surface)" });
  const place = { x: x + 3, y: y - 5, fill: "var(--cl-text)", "font-size": 8, "font-weight": 640 };
  const heading = made("text", place);
  heading.textContent = title;
  copy.prepend(ground, heading);
  const style = getComputedStyle(drawing);
  return new XMLSerializer()
    .serializeToString(copy)
    .replace(/var\((--[\w-]+)\)/g, (_, name) => style.getPropertyValue(name).trim());
}

function made(name: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
