/** The few icons there are, drawn here: 16 px, one stroke, the colour of the text beside them. */
import type { ReactNode } from "react";

function Icon({ children, size = 16 }: { children: ReactNode; size?: number }) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const ReconcileIcon = () => (
  <Icon>
    <path d="M2.5 5.2h9.2M9.2 2.6l2.6 2.6-2.6 2.6M13.5 10.8H4.3M6.8 8.2l-2.6 2.6 2.6 2.6" />
  </Icon>
);
export const DocumentIcon = () => (
  <Icon>
    <path d="M4 1.8h5.2L12.4 5v9.2H4zM9 1.8V5.2h3.4" />
  </Icon>
);
export const SettingsIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="2.1" />
    <path d="M8 1.6v2.1M8 12.3v2.1M1.6 8h2.1M12.3 8h2.1M3.5 3.5 5 5M11 11l1.5 1.5M12.5 3.5 11 5M5 11l-1.5 1.5" />
  </Icon>
);
export const LockIcon = () => (
  <Icon>
    <rect x="3.2" y="7" width="9.6" height="7" rx="1.4" />
    <path d="M5.2 7V5a2.8 2.8 0 0 1 5.6 0v2" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon size={11}>
    <path d="m2.6 8.6 3.4 3.6 7.4-8.4" strokeWidth="1.8" />
  </Icon>
);
export const CommentIcon = () => (
  <Icon size={12}>
    <path d="M2.2 3h11.6v8H7.4L4.2 13.6V11h-2z" />
  </Icon>
);
export const ChevronIcon = () => (
  <Icon size={11}>
    <path d="m4 6 4 4 4-4" />
  </Icon>
);
export const ChevronsIcon = () => (
  <Icon size={11}>
    <path d="m4.5 6 3.5-3.5L11.5 6M4.5 10l3.5 3.5 3.5-3.5" />
  </Icon>
);
export const DropIcon = () => (
  <Icon size={22}>
    <path d="M8 2v7.4M4.9 6.4 8 9.5l3.1-3.1M2.4 10.6v2.8h11.2v-2.8" strokeWidth="1.1" />
  </Icon>
);
