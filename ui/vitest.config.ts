/** Tests of the pure modules; they run in Node, without a document. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { environment: "node", include: ["src/**/*.test.ts"], watch: false },
});
