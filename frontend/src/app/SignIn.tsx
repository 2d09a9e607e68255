import { Button, PasswordInput } from "@mantine/core";
import { IconLogin2 } from "@tabler/icons-react";
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { messageOf } from "@/api/problem";
import { useSession, useSignIn } from "@/api/queries";
import { Logo } from "@/components/Logo";
import classes from "./shell.module.css";

/** The page, or a form for the token where the server wants one and none is known. */
export function SignedIn({ children }: { children: ReactNode }) {
  const session = useSession();
  if (session.data?.required && session.data.owner === null) return <SignIn />;
  return children;
}

function SignIn() {
  const [token, setToken] = useState("");
  const signIn = useSignIn();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = "Sign in · Costline";
    field.current?.focus();
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate(token.trim());
  };
  return (
    <main className={classes.signIn}>
      <form onSubmit={submit}>
        <h1>
          <Logo size={26} /> Sign in to Costline
        </h1>
        <p>This server wants a token. Whoever runs it makes one with:</p>
        <pre>costline token NAME</pre>
        <PasswordInput
          label="Token"
          autoComplete="current-password"
          ref={field}
          required
          withAsterisk={false}
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          error={signIn.isError && messageOf(signIn.error)}
        />
        <Button
          type="submit"
          fullWidth
          mt="md"
          leftSection={<IconLogin2 size={16} />}
          loading={signIn.isPending}
          disabled={token.trim() === ""}
        >
          Sign in
        </Button>
      </form>
    </main>
  );
}
