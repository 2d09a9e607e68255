import { Button } from "@mantine/core";
import {
  IconActivity,
  IconChartDots,
  IconDownload,
  IconFlask2,
  IconListDetails,
  IconPlus,
  IconServer2,
} from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { Link, NavLink, Outlet, ScrollRestoration, useLocation } from "react-router";
import { useStream } from "@/api/stream/useStream";
import { Logo } from "@/components/Logo";
import { AlertBell } from "@/features/alerts/AlertBell";
import { Account } from "./Account";
import { ApiBanner } from "./ApiBanner";
import { LiveState } from "./LiveState";
import { SchemeSwitch } from "./SchemeSwitch";
import { SignedIn } from "./SignIn";
import classes from "./shell.module.css";

const PLACES = [
  { to: "/", word: "Home", icon: IconActivity },
  { to: "/runs", word: "Runs", icon: IconListDetails },
  { to: "/compare", word: "Compare", icon: IconChartDots },
  { to: "/studies", word: "Studies", icon: IconFlask2 },
  { to: "/policies", word: "Policies", icon: IconDownload },
  { to: "/workers", word: "Workers", icon: IconServer2 },
];

/** What stays on every page: a thin bar, so that charts have the whole width. */
export function Shell() {
  return (
    <SignedIn>
      <Frame />
    </SignedIn>
  );
}

function Frame() {
  useStream();
  return (
    <div className={classes.shell}>
      <a href="#main" className="skip-link">
        Skip to content
      </a>
      <header className={classes.bar}>
        <Link to="/" className={classes.brand}>
          <Logo />
          Costline
        </Link>
        <nav className={classes.nav} aria-label="Main">
          {PLACES.map(({ to, word, icon: Icon }) => (
            <NavLink key={to} to={to} end={to === "/"} className={classes.link}>
              <Icon size={19} aria-hidden />
              {word}
            </NavLink>
          ))}
        </nav>
        <div className={classes.tools}>
          <LiveState />
          <AlertBell />
          <SchemeSwitch />
          <Account />
          <Button
            component={Link}
            to="/runs/new"
            size="xs"
            aria-label="New run"
            className={classes.newRun}
          >
            <IconPlus size={15} aria-hidden />
            <span className={classes.newRunWord}>New run</span>
          </Button>
        </div>
      </header>
      <ApiBanner />
      <Main />
      <ScrollRestoration />
    </div>
  );
}

function Main() {
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  // After a change of page, keyboard and screen reader start at its beginning.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address is the trigger
  useEffect(() => {
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [pathname]);
  return (
    <main id="main" ref={main} tabIndex={-1} className={classes.main}>
      <Outlet />
    </main>
  );
}
