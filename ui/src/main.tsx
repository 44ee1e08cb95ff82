/** Starts the window. */
import "./design/fonts.css";
import "./design/tokens.css";
import "./design/base.css";
import "./design/components.css";
import "./design/layout.css";
import "./design/review.css";
import "./design/evidence.css";
import "./design/pages.css";
import "./design/tables.css";
import "./design/sync.css";
import { createRoot } from "react-dom/client";
import { App } from "./app";

const root = document.getElementById("root");
if (root === null) {
  throw new Error("the page has no #root");
}
createRoot(root).render(<App />);
