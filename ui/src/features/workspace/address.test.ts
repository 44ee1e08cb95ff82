import { describe, expect, it } from "vitest";
import { address } from "./address";

describe("the address of a service", () => {
  it("gets its scheme where none was written", () => {
    expect(address(" attest.example.com ")).toBe("https://attest.example.com");
    expect(address("localhost:9443/")).toBe("https://localhost:9443");
  });
  it("keeps what was written, so that an unsafe one is refused and not repaired", () => {
    expect(address("https://attest.example.com")).toBe("https://attest.example.com");
    expect(address("http://attest.example.com")).toBe("http://attest.example.com");
  });
});
