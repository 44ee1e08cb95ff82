/** The review of a table, fetched apart: most months bring none. */
import { Later, part } from "../../design";
import type { TableView } from "../../ipc";

const review = part(async () => (await import("./TableReview")).TableReview);

/** The first of the tables that wait. */
export function LazyTableReview(props: { tables: TableView[]; busy: boolean }) {
  return <Later of={review} props={props} />;
}
