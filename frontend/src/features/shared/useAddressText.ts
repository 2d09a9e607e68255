import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";

const PAUSE_MS = 150;

/**
 * A text field that the address remembers: what is typed shows at once and goes to the address
 * after a pause; when the address changes by other means, the field follows.
 */
export function useAddressText(
  inAddress: string,
  write: (text: string) => void,
): [string, (text: string) => void] {
  const [text, setText] = useState(inAddress);
  const written = useRef(inAddress);
  const send = useDebouncedCallback((value: string) => {
    written.current = value;
    write(value);
  }, PAUSE_MS);
  useEffect(() => {
    if (inAddress === written.current) return;
    written.current = inAddress;
    setText(inAddress);
  }, [inAddress]);
  const typed = (value: string) => {
    setText(value);
    send(value);
  };
  return [text, typed];
}
