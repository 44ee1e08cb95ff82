/**
 * Builds the window's interface for the shell: static files only, nothing inlined, so that the content security
 * policy can stay at `self`.
 */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
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
