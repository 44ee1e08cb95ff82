/**
 * The two-sided list: a sticky layer of rows over a canvas that only gives the scroll bar its length.
 *
 * Rows stand still in the layer until the lines for a new place are here, so scrolling shows old rows for a moment
 * rather than a blank screen.
 */
import {
  type MouseEvent,
  memo,
  type Ref,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { afterPaint } from "../../design";
import { fractionDigits, useI18n } from "../../i18n";
import type { ReviewLine, SideView } from "../../ipc";
import { keyOf, type Move, refOf } from "./lines";
import { markFirstRows } from "./measure";
import { PAGE } from "./pages";
import type { OpenReview } from "./queries";
import { ReviewRow } from "./ReviewRow";
import type { Selection } from "./useSelection";
import {
  canvasHeight,
  type Geometry,
  offsetAt,
  pagesAhead,
  type Range,
  ROW,
  reveal,
  rowsAt,
  scale,
  scrollTopAt,
} from "./window";

/** Rows drawn beyond the edges, so that a fast scroll meets rows and not the edge. */
const MARGIN = 6;

/** What the view can ask of the list. */
export interface ReviewListHandle {
  focus: () => void;
  /** Rows that are seen, for fetching them together with a fresh review. */
  place: () => Range;
  /** Scrolls by the least so that rows are seen. */
  reveal: (range: Range) => void;
}

interface Props {
  review: OpenReview;
  selection: Selection;
  ref: Ref<ReviewListHandle>;
  onError: (reason: unknown) => void;
}

const MOVES: Record<string, Move> = {
  ArrowUp: "up",
  ArrowDown: "down",
  PageUp: "pageUp",
  PageDown: "pageDown",
  Home: "home",
  End: "end",
};

const FAR_MOVES: Record<string, Move> = {
  ArrowUp: "sectionUp",
  ArrowDown: "sectionDown",
  Home: "home",
  End: "end",
};

/** What the list looks at of a key press, from React or from the window. */
type KeyPress = Pick<
  globalThis.KeyboardEvent,
  "key" | "altKey" | "ctrlKey" | "metaKey" | "shiftKey" | "preventDefault"
>;

interface Shown {
  start: number;
  shift: number;
  lines: (ReviewLine | undefined)[];
}

function cellUnder(target: EventTarget | null): { index: number; side: SideView | null } | null {
  if (!(target instanceof Element)) {
    return null;
  }
  const row = target.closest<HTMLElement>("[data-index]");
  if (row === null) {
    return null;
  }
  const side = target.closest<HTMLElement>("[data-side]")?.dataset["side"];
  return { index: Number(row.dataset["index"]), side: side === "bank" || side === "ledger" ? side : null };
}

/** Follows the size of the scrolled part. */
function useViewport(scroller: { current: HTMLDivElement | null }): number {
  const [height, setHeight] = useState(0);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) {
      return undefined;
    }
    const measure = () => setHeight(element.clientHeight);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller]);
  return height;
}

/** The list of an opened review. */
export const ReviewList = memo(function ReviewList({ review, selection, ref, onError }: Props) {
  const { t } = useI18n();
  const { pages, view } = review;
  const grid = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const viewport = useViewport(scroller);
  const [scrollTop, setScrollTop] = useState(0);
  const direction = useRef(1);
  const shownBefore = useRef<Shown | null>(null);

  const geometry: Geometry = { rows: view.lines, viewport };
  const offset = offsetAt(geometry, scrollTop);
  const seen = rowsAt(geometry, offset);
  const drawn = rowsAt(geometry, offset, MARGIN);
  // Pages that arrive for other places are nothing to draw.
  useSyncExternalStore(pages.subscribe, () => pages.count(drawn));

  let shown = shownBefore.current;
  if (shown === null || pages.has(seen)) {
    shown = {
      start: drawn.start,
      shift: drawn.start * ROW - offset,
      lines: Array.from({ length: drawn.end - drawn.start }, (_, at) => pages.line(drawn.start + at)),
    };
  }
  useLayoutEffect(() => {
    shownBefore.current = shown;
  });

  // Fetch what is seen, and ahead of the scroll once that is on the screen.
  useEffect(() => {
    const range = { start: seen.start, end: seen.end };
    let cancel: (() => void) | null = null;
    let left = false;
    pages.ensure(range).then(() => {
      if (!left) {
        const ahead = pagesAhead(range, direction.current, PAGE, view.lines);
        cancel = afterPaint(() => pages.prefetch(ahead));
      }
    }, onError);
    return () => {
      left = true;
      cancel?.();
    };
  }, [pages, seen.start, seen.end, view.lines, onError]);

  // Another question begins at its top.
  const { key } = review;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key is what this waits for
  useLayoutEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
    setScrollTop(0);
    // The keyboard is in the list from the start, unless somebody is typing elsewhere.
    if (document.activeElement === null || document.activeElement === document.body) {
      grid.current?.focus({ preventScroll: true });
    }
    return markFirstRows();
  }, [key]);

  const scrollToOffset = (target: number) => {
    const top = scrollTopAt(geometry, target);
    scroller.current?.scrollTo({ top });
    setScrollTop(top);
  };

  useImperativeHandle(ref, () => ({
    focus: () => grid.current?.focus({ preventScroll: true }),
    place: () => ({ start: drawn.start, end: drawn.end }),
    reveal: (range) => {
      const target = reveal(geometry, offset, range);
      if (target !== offset) {
        scrollToOffset(target);
      }
    },
  }));

  // The group under the cursor stays in sight when the cursor moves, and only then.
  const { group } = selection;
  const heading = pages.line(group.start - 1)?.kind === "section" ? 1 : 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolling away from the cursor must not pull back
  useLayoutEffect(() => {
    if (group.end > group.start && viewport > 0) {
      const at = selection.cursor;
      const range =
        at === null || at.side === null
          ? { start: group.start - heading, end: group.end }
          : { start: at.index, end: at.index + 1 };
      const target = reveal(geometry, offset, range);
      if (target !== offset) {
        scrollToOffset(target);
      }
    }
  }, [selection.cursor?.index, selection.cursor?.side, group.start, group.end, viewport > 0]);

  // A canvas pixel stands for more than one pixel of a very long list; the wheel goes by list pixels all the same.
  const factor = scale(geometry);
  useEffect(() => {
    const element = scroller.current;
    if (element === null || factor <= 1) {
      return undefined;
    }
    const onWheel = (event: WheelEvent) => {
      if (event.deltaMode === WheelEvent.DOM_DELTA_PIXEL && !event.ctrlKey) {
        event.preventDefault();
        element.scrollTop += event.deltaY / factor;
      }
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [factor]);

  const onKeyDown = (event: KeyPress) => {
    const far = event.ctrlKey || event.metaKey;
    const how = (far ? FAR_MOVES : MOVES)[event.key];
    if (event.altKey) {
      return;
    }
    if (how !== undefined) {
      event.preventDefault();
      selection.move(how, Math.max(1, Math.floor(viewport / ROW) - 1), event.shiftKey).catch(onError);
    } else if (!far && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      event.preventDefault();
      selection.narrow(event.key === "ArrowLeft" ? "bank" : "ledger");
    }
  };

  // A click on an empty spot takes the focus nowhere; the list's keys bring it back.
  const latestKeyDown = useRef(onKeyDown);
  latestKeyDown.current = onKeyDown;
  useEffect(() => {
    const onStray = (event: globalThis.KeyboardEvent) => {
      if (document.activeElement === document.body && !event.defaultPrevented) {
        latestKeyDown.current(event);
        if (event.defaultPrevented) {
          grid.current?.focus({ preventScroll: true });
        }
      }
    };
    window.addEventListener("keydown", onStray);
    return () => window.removeEventListener("keydown", onStray);
  }, []);

  const onMouseDown = (event: MouseEvent) => {
    const cell = cellUnder(event.target);
    const line = cell === null ? undefined : pages.line(cell.index);
    if (event.button !== 0 || cell === null || line === undefined || line.kind === "section") {
      return;
    }
    const side = cell.side !== null && refOf(line, cell.side) !== null ? cell.side : null;
    if (event.ctrlKey || event.metaKey) {
      const sides: SideView[] = side === null ? ["bank", "ledger"] : [side];
      selection.toggle([{ line, sides }]);
      selection.setCursor({ index: line.index, side, focus: side ?? "bank" });
    } else if (event.shiftKey && selection.cursor !== null) {
      event.preventDefault();
      selection.markRange(selection.cursor.index, line.index, selection.cursor.side).catch(onError);
    } else {
      selection.clearMarks();
      const narrowed = event.detail > 1 ? side : null;
      const focus = side ?? (refOf(line, "bank") === null ? "ledger" : "bank");
      selection.setCursor({ index: line.index, side: narrowed, focus });
    }
  };

  const digits = fractionDigits(view.currency);
  const days = review.query.month === null ? "medium" : "short";
  const { cursor, marks } = selection;
  const isMarked = (line: ReviewLine | undefined, side: SideView) => {
    const ref = line === undefined ? null : refOf(line, side);
    return ref !== null && marks.has(keyOf(ref));
  };
  return (
    <div
      ref={grid}
      className={`review ${days === "medium" ? "review-years" : ""}`}
      role="grid"
      aria-label={t("reconcile.list")}
      aria-rowcount={view.lines + 1}
      aria-colcount={8}
      aria-multiselectable="true"
      aria-activedescendant={cursor === null ? undefined : `line-${cursor.index}`}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div role="row" aria-rowindex={1} className="review-row review-head">
        <span role="columnheader">{t("column.booked")}</span>
        <span role="columnheader">{t("column.bank")}</span>
        <span role="columnheader" className="cell-figure cell-bank-amount">
          {t("column.amount")}
        </span>
        <span role="columnheader" className="cell-middle">
          <span className="visually-hidden">{t("column.state")}</span>
        </span>
        <span role="columnheader" className="cell-ledger-day">
          {t("column.date")}
        </span>
        <span role="columnheader">{t("column.voucher")}</span>
        <span role="columnheader">{t("column.ledger")}</span>
        <span role="columnheader" className="cell-figure cell-ledger-amount">
          {t("column.amount")}
        </span>
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the grid around it handles the keys of all rows */}
      <div
        className="scroller"
        ref={scroller}
        role="presentation"
        onScroll={(event) => {
          const top = event.currentTarget.scrollTop;
          direction.current = top < scrollTop ? -1 : 1;
          setScrollTop(top);
        }}
        onMouseDown={onMouseDown}
      >
        <div className="review-canvas" role="presentation" style={{ height: canvasHeight(geometry) }}>
          <div className="review-layer" role="presentation" style={{ height: viewport }}>
            <div
              role="rowgroup"
              className="review-rows"
              style={{ transform: `translateY(${shown.shift}px)` }}
            >
              {shown.lines.map((line, at) => {
                const index = (shown?.start ?? 0) + at;
                const active = index >= group.start && index < group.end;
                return (
                  <ReviewRow
                    key={index}
                    index={index}
                    line={line}
                    section={
                      line?.kind === "section"
                        ? view.sections.find((section) => section.kind === line.section)
                        : undefined
                    }
                    digits={digits}
                    days={days}
                    active={active && cursor?.side === null}
                    activeSide={cursor?.index === index ? cursor.side : null}
                    bankMarked={isMarked(line, "bank")}
                    ledgerMarked={isMarked(line, "ledger")}
                  />
                );
              })}
            </div>
          </div>
        </div>
      </div>
    </div>
  );
});
