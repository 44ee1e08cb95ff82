/** Listens for keys and runs the first enabled command they mean. */
import { useEffect } from "react";
import { commandsFor, IS_MAC, type Target, useOfferAsked } from "../commands";

const TEXT =
  "input:not([type=radio]):not([type=checkbox]):not([type=button]), textarea, [contenteditable=true], [role=spinbutton]";
const CONTROL =
  "button, a[href], [role=tab], [role=radio], [role=option], [role=menuitem], input, label, [data-scroll]";
const OVERLAY = "[role=listbox], [role=dialog], [role=menu]";

function targetOf(event: KeyboardEvent): Target | "overlay" {
  const { target } = event;
  if (!(target instanceof Element)) {
    return "plain";
  }
  if (target.closest(OVERLAY) !== null) {
    return "overlay";
  }
  if (target.closest(TEXT) !== null) {
    return "text";
  }
  return target.closest(CONTROL) === null ? "plain" : "control";
}

/** Commands by key, while nothing lies over the work. */
export function useKeys(active: boolean): void {
  const offer = useOfferAsked();
  useEffect(() => {
    if (!active) {
      return undefined;
    }
    const onKeyDown = (event: KeyboardEvent) => {
      const target = targetOf(event);
      if (event.defaultPrevented || event.isComposing || target === "overlay") {
        return;
      }
      const { commands } = offer();
      const command = commandsFor(event, target, IS_MAC)
        .map((id) => commands.find((one) => one.id === id && one.enabled))
        .find((one) => one !== undefined);
      if (command === undefined) {
        return;
      }
      // Text that was selected with the mouse is copied as the webview does it.
      if (command.id === "copy" && window.getSelection()?.isCollapsed === false) {
        return;
      }
      event.preventDefault();
      command.run();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [active, offer]);
}
