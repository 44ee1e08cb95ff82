/** The sync state in the status bar, and the small panel behind it. */
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { Dialog, Heading, Input, Label, Popover, TextField } from "react-aria-components";
import { describeCommand, IS_MAC, useSay } from "../../commands";
import { BrowserWait, Button, KeyCap } from "../../design";
import { LOCALES, useI18n } from "../../i18n";
import { type ErrorView, type SyncView, toErrorView, useBackend, useBrowserSignIn } from "../../ipc";
import { syncQuery } from "./queries";
import { regionName, syncWords, whenSynced } from "./words";

interface Props {
  view: SyncView;
  open: boolean;
  onOpen: (open: boolean) => void;
}

function Facts({ view }: { view: SyncView }) {
  const i18n = useI18n();
  const { t, tMaybe, language } = i18n;
  const role = view.role === null ? null : (tMaybe(`role.${view.role}`) ?? view.role);
  const signedIn = view.signedIn;
  const facts = [
    [t("sync.company"), view.company],
    [t("sync.server"), view.server],
    [t("sync.role"), role],
    [
      t("sync.signedIn"),
      signedIn === null
        ? null
        : signedIn.until === null
          ? t("sync.signedIn.key")
          : t("sync.signedIn.until", { when: whenSynced(signedIn.until, i18n) }),
    ],
    [t("sync.region"), view.region === null ? null : regionName(view.region, LOCALES[language])],
    [t("sync.last"), view.synced === null ? t("sync.lastNever") : whenSynced(view.synced, i18n)],
  ] as const;
  return (
    <dl className="sync-facts">
      {facts.map(([name, value]) =>
        value === null ? null : (
          <div key={name} className="sync-fact">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

/** Signing the member of the workspace in again, as a person or with a key: whichever it is. */
function SignIn({ view, onDone }: { view: SyncView; onDone: () => void }) {
  const { t, tError } = useI18n();
  const client = useQueryClient();
  const backend = useBackend();
  const browser = useBrowserSignIn();
  const [key, setKey] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorView | null>(null);
  const byKey = view.signsInWith === "key";
  const again = async () => {
    if (byKey) {
      return backend.signIn(key.trim());
    }
    return (await browser.signIn(null, false)) === null ? null : backend.takeSignIn();
  };
  const signIn = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const next = await again();
      if (next !== null) {
        browser.settled();
        client.setQueryData(syncQuery.queryKey, next);
        onDone();
      }
    } catch (reason) {
      setError(toErrorView(reason));
    } finally {
      setKey("");
      setBusy(false);
    }
  };
  if (browser.waiting !== null) {
    const { opened, address } = browser.waiting;
    return <BrowserWait address={opened ? null : address} onCancel={browser.cancel} />;
  }
  const unknownKey = byKey && error?.code === "remote.signed_out";
  return (
    <form className="sync-sign-in" onSubmit={signIn}>
      <p className="sync-hint">{t("sync.signInHint")}</p>
      {byKey ? (
        <TextField className="field" type="password" value={key} onChange={setKey} autoFocus>
          <Label className="field-label">{t("sync.newKey")}</Label>
          <Input className="input" data-testid="sign-in-key" autoComplete="off" spellCheck={false} />
        </TextField>
      ) : null}
      {error === null ? null : (
        <p className="field-error" role="alert">
          {unknownKey ? t("connect.unknownKey") : tError(error)}
        </p>
      )}
      <Button
        kind="primary"
        type="submit"
        isDisabled={busy || (byKey && key.trim() === "")}
        autoFocus={!byKey}
        testId="sign-in"
      >
        {byKey ? t("sync.signIn") : t("connect.submitPerson")}
      </Button>
    </form>
  );
}

function Panel({ view, onClose }: { view: SyncView; onClose: () => void }) {
  const i18n = useI18n();
  const { t, tError } = i18n;
  const client = useQueryClient();
  const backend = useBackend();
  const say = useSay();
  const words = syncWords(view, i18n);
  const act = (work: Promise<SyncView>) => {
    work.then(
      (next) => client.setQueryData(syncQuery.queryKey, next),
      (reason: unknown) => say(tError(toErrorView(reason)), { tone: "wrong" }),
    );
  };
  const why =
    view.phase === "offline"
      ? t("sync.offlineHint")
      : view.phase === "failed" && view.errorCode !== null
        ? tError({ code: view.errorCode, message: view.error ?? "", params: {} })
        : null;
  return (
    <Dialog className="sync-panel" data-testid="sync-panel">
      <Heading slot="title" className="sync-title">
        {t("sync.panel")}
      </Heading>
      <p className={`sync-state sync-${words?.tone ?? "quiet"}`}>{words?.text}</p>
      {why === null ? null : <p className="sync-hint">{why}</p>}
      <Facts view={view} />
      {view.phase === "signedOut" ? (
        <SignIn view={view} onDone={onClose} />
      ) : view.phase === "frozen" ? null : (
        <>
          <div className="sync-actions">
            <Button
              kind="primary"
              keyCap={describeCommand("syncNow", IS_MAC, t)}
              onPress={() => act(backend.syncNow())}
              isDisabled={view.phase === "syncing"}
              autoFocus
              testId="sync-now"
            >
              {t("sync.now")}
            </Button>
            <Button onPress={() => act(backend.signOut())} testId="sign-out">
              {t("sync.signOut")}
            </Button>
          </div>
          <p className="sync-hint">{t("sync.signOutHint")}</p>
        </>
      )}
    </Dialog>
  );
}

/** The state, always in sight, and a press away what is behind it. */
export function SyncStatus({ view, open, onOpen }: Props) {
  const i18n = useI18n();
  const { t } = i18n;
  const trigger = useRef<HTMLButtonElement>(null);
  const words = syncWords(view, i18n);
  if (words === null) {
    return null;
  }
  return (
    <>
      <button
        ref={trigger}
        type="button"
        className={`status-sync status-sync-${words.tone}`}
        data-testid="sync-state"
        data-phase={view.phase}
        data-waiting={view.waiting}
        aria-expanded={open}
        aria-label={t("sync.open", { state: words.text })}
        onClick={() => onOpen(!open)}
      >
        <span className="status-sync-dot" aria-hidden="true" />
        <span>{words.text}</span>
        <KeyCap>{describeCommand("syncPanel", IS_MAC, t)}</KeyCap>
      </button>
      <Popover
        className="popover sync-popover"
        triggerRef={trigger}
        placement="top end"
        offset={8}
        isOpen={open}
        onOpenChange={onOpen}
      >
        <Panel view={view} onClose={() => onOpen(false)} />
      </Popover>
    </>
  );
}
