/**
 * Builds the window's interface for the shell: static files only, nothing inlined, so that the content security
 * policy can stay at `self`.
 */
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Languages of the interface, as React Aria names them. */
const LANGUAGES = new Set(["en-US", "sv-SE"]);

/** React Aria carries its words in over thirty languages; the window speaks those it has catalogues for. */
function onlyOurLanguages(): Plugin {
  return {
    name: "attest-languages",
    enforce: "pre",
    load(id) {
      const language = /[\\/]intl[\\/][^\\/]+[\\/]([a-z]{2}-[A-Z]{2})\.m?js$/.exec(id)?.[1];
      return language === undefined || LANGUAGES.has(language) ? null : "export default {};";
    },
  };
}

export default defineConfig({
  plugins: [onlyOurLanguages(), react()],
  clearScreen: false,
  server: { host: "127.0.0.1", port: 5173, strictPort: true },
  build: {
    // The oldest webviews that know light-dark() and :has(): WebView2 is evergreen, macOS 13.5 has Safari 17.5.
    target: ["chrome123", "safari17.5"],
    cssTarget: ["chrome123", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: false,
    chunkSizeWarningLimit: 1200,
  },
});
