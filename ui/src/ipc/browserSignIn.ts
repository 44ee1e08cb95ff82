/** A person's sign-in by the browser, as long as a component waits for it: whoever leaves has given it up. */
import { useEffect, useRef, useState } from "react";
import { useBackend } from "./company";
import { toErrorView } from "./error";
import type { MembershipView } from "./generated/MembershipView";
import type { SignInView } from "./generated/SignInView";

/** What giving it up is answered with. */
const STOPPED = "sign_in.stopped";

/** Signing in, what is waited for, and giving it up. */
export function useBrowserSignIn() {
  const backend = useBackend();
  const [waiting, setWaiting] = useState<SignInView | null>(null);
  const begun = useRef(false);
  const cancel = () => {
    begun.current = false;
    setWaiting(null);
    backend.cancelSignIn().catch(() => undefined);
  };
  useEffect(
    () => () => {
      if (begun.current) {
        begun.current = false;
        backend.cancelSignIn().catch(() => undefined);
      }
    },
    [backend],
  );

  /** The companies of who has signed in; `null` where it was given up. */
  const signIn = async (server: string | null, certificate: boolean): Promise<MembershipView[] | null> => {
    begun.current = true;
    try {
      setWaiting(await backend.beginSignIn(server, certificate));
      if (!begun.current) {
        cancel();
        return null;
      }
      return await backend.finishSignIn();
    } catch (reason) {
      if (toErrorView(reason).code === STOPPED) {
        return null;
      }
      throw reason;
    } finally {
      setWaiting(null);
    }
  };
  /** Who has signed in is where it belongs: leaving gives up nothing any more. */
  const settled = () => {
    begun.current = false;
  };
  return { waiting, signIn, cancel, settled };
}
