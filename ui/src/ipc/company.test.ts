import { QueryObserver, queryOptions } from "@tanstack/react-query";
import { expect, it } from "vitest";
import type { Backend } from "./backend";
import { backendOf, leaveClient, makeClient } from "./company";
import type { AccountView } from "./generated/AccountView";

/** Answers when told to, with accounts that are named after the company and count the questions. */
function slowBackend(company: number) {
  const answers: (() => void)[] = [];
  let asked = 0;
  const listAccounts = () => {
    asked += 1;
    const name = `account of ${company}, ${asked}`;
    return new Promise<AccountView[]>((resolve) => answers.push(() => resolve([{ name } as AccountView])));
  };
  const backend = { company, listAccounts } as Partial<Backend> as Backend;
  return { backend, asked: () => asked, answer: () => answers.splice(0).map((one) => one()) };
}

/** The same query for every company, as the views have it. */
const accountsQuery = queryOptions({
  queryKey: ["accounts"],
  queryFn: ({ client }) => backendOf(client).listAccounts(),
});

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

it("never shows an answer of another company", async () => {
  const [ours, theirs] = [slowBackend(1), slowBackend(2)];
  const [client, other] = [makeClient(ours.backend), makeClient(theirs.backend)];
  const left = new QueryObserver(client, accountsQuery).subscribe(() => undefined);
  await settled();
  // The other company is shown before the first has answered.
  left();
  leaveClient(client);
  const seen: (string | undefined)[] = [];
  const observer = new QueryObserver(other, accountsQuery);
  const stop = observer.subscribe((result) => seen.push(result.data?.[0]?.name));
  await settled();
  ours.answer();
  await settled();
  expect(other.getQueryData(accountsQuery.queryKey)).toBeUndefined();
  theirs.answer();
  await settled();
  expect(other.getQueryData(accountsQuery.queryKey)?.[0]?.name).toBe("account of 2, 1");
  expect(seen.filter((name) => name !== undefined && !name.startsWith("account of 2"))).toEqual([]);
  // What was asked for before the switch belongs to nobody any more.
  expect(client.getQueryData(accountsQuery.queryKey)).toBeUndefined();
  stop();
});

it("asks the company it was begun in, also for what follows after the switch", async () => {
  const [ours, theirs] = [slowBackend(1), slowBackend(2)];
  const [client, other] = [makeClient(ours.backend), makeClient(theirs.backend)];
  const steps = client.fetchQuery({
    queryKey: ["two steps"],
    queryFn: async ({ client: whose }) => {
      const backend = backendOf(whose);
      const first = await backend.listAccounts();
      return [...first, ...(await backend.listAccounts())].map((account) => account.name);
    },
  });
  await settled();
  void other.fetchQuery(accountsQuery);
  await settled();
  ours.answer();
  await settled();
  ours.answer();
  expect(await steps).toEqual(["account of 1, 1", "account of 1, 2"]);
  expect(theirs.asked()).toBe(1);
});

it("reads a company anew that comes back, and shows meanwhile what it was", async () => {
  const { backend, answer, asked } = slowBackend(1);
  const client = makeClient(backend);
  const stop = new QueryObserver(client, accountsQuery).subscribe(() => undefined);
  await settled();
  answer();
  await settled();
  stop();
  leaveClient(client);
  await settled();
  expect(asked()).toBe(1);
  const back = new QueryObserver(client, accountsQuery);
  const again = back.subscribe(() => undefined);
  expect(back.getCurrentResult().data?.[0]?.name).toBe("account of 1, 1");
  await settled();
  expect(asked()).toBe(2);
  again();
});
