/** Components that no first picture needs: fetched apart, soon after it, and then used like any other. */
import { type ComponentType, lazy, Suspense, useState } from "react";

/** A component fetched apart. */
export interface Part<P extends object> {
  /** The component, once it is here. */
  known: ComponentType<P> | null;
  /** The component for the case that it is wanted before it is here. */
  Lazy: ComponentType<P>;
  /** Fetches it ahead of its first use. A fetch that fails is tried again at that use. */
  fetch: () => void;
}

/** Names a component that is fetched apart. */
export function part<P extends object>(load: () => Promise<ComponentType<P>>): Part<P> {
  const made: Part<P> = {
    known: null,
    Lazy: lazy(async () => ({ default: await load() })) as unknown as ComponentType<P>,
    fetch: () => {
      load().then(
        (component) => {
          made.known = component;
        },
        () => undefined,
      );
    },
  };
  return made;
}

/** Draws such a component; nothing until it is here. */
export function Later<P extends object>({ of, props }: { of: Part<P>; props: P }) {
  // Kept for as long as it is mounted: changing over to the fetched one would throw its state away.
  const [Known] = useState(() => of.known);
  const { Lazy } = of;
  return Known === null ? (
    <Suspense fallback={null}>
      <Lazy {...props} />
    </Suspense>
  ) : (
    <Known {...props} />
  );
}
