import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, it } from "vitest";
import { readAgain } from "./readAgain";

it("begins a first fetch anew that may have read what was before", async () => {
  const client = new QueryClient();
  let changed = false;
  const answers: (() => void)[] = [];
  const observer = new QueryObserver(client, {
    queryKey: ["accounts"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => {
      const read = changed;
      return new Promise<boolean>((resolve) => answers.push(() => resolve(read)));
    },
  });
  const stop = observer.subscribe(() => undefined);
  changed = true;
  const again = readAgain(client, ["accounts"]);
  await Promise.resolve();
  while (answers.length < 2) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  for (const answer of answers) {
    answer();
  }
  await again;
  expect(client.getQueryData(["accounts"])).toBe(true);
  stop();
});
