/** A curve that comes down to its limit. Part of the code, so that it never flickers. */
export function Logo({ size = 22 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#2f5fd0" />
      <path
        d="M5 12h22"
        stroke="#ffd8c2"
        strokeWidth="2.4"
        strokeDasharray="4.2 2.6"
        strokeLinecap="round"
      />
      <path
        d="M5 6c4 0 4.500 16 9 16s4-7.500 13-8"
        fill="none"
        stroke="#fff"
        strokeWidth="3"
        strokeLinecap="round"
      />
    </svg>
  );
}
