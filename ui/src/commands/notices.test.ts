import { expect, it } from "vitest";
import { type Message, Notices } from "./registry";

const message = (text: string): Message => ({ text, tone: "plain" });

it("keeps a notice until somebody can read it, and tells it once", () => {
  const notices = new Notices();
  const read: string[] = [];
  notices.post(message("first"));
  notices.post(message("second"));
  const stop = notices.listen((one) => read.push(one.text));
  expect(read).toEqual(["second"]);
  notices.post(message("third"));
  stop();
  notices.post(message("fourth"));
  notices.listen((one) => read.push(one.text));
  expect(read).toEqual(["second", "third", "fourth"]);
});
