import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { askEarly } from "./app/early";

askEarly(location);
const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
