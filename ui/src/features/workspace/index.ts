/** The workspace as a whole: its state, the first start and the lock. */
export { CreateScreen } from "./CreateScreen";
export { FreezeBar } from "./FreezeBar";
export { LockScreen } from "./LockScreen";
export { statusQuery, takeStatus, useActivity, useWorkspaceEvents } from "./status";
