import { createBrowserRouter } from "react-router";
import { HomePage } from "@/features/home/HomePage";
import { CrashPage } from "./CrashPage";
import { NotFoundPage } from "./NotFoundPage";
import { Shell } from "./Shell";

/** Every page but the first is a chunk of its own. */
export const router = createBrowserRouter([
  {
    element: <Shell />,
    errorElement: <CrashPage />,
    hydrateFallbackElement: <div />,
    children: [
      {
        errorElement: <CrashPage />,
        children: [
          { path: "/", element: <HomePage /> },
          {
            path: "/runs",
            lazy: async () => ({ Component: (await import("@/features/runs/RunsPage")).RunsPage }),
          },
          {
            path: "/runs/new",
            lazy: async () => ({
              Component: (await import("@/features/launch/LaunchPage")).LaunchPage,
            }),
          },
          {
            path: "/runs/:runId",
            lazy: async () => ({ Component: (await import("@/features/run/RunPage")).RunPage }),
          },
          {
            path: "/compare",
            lazy: async () => ({
              Component: (await import("@/features/compare/ComparePage")).ComparePage,
            }),
          },
          {
            path: "/studies",
            lazy: async () => ({
              Component: (await import("@/features/studies/StudiesPage")).StudiesPage,
            }),
          },
          {
            path: "/studies/:studyId",
            lazy: async () => ({
              Component: (await import("@/features/studies/StudyPage")).StudyPage,
            }),
          },
          {
            path: "/policies",
            lazy: async () => ({
              Component: (await import("@/features/policies/PoliciesPage")).PoliciesPage,
            }),
          },
          {
            path: "/policies/:runId",
            lazy: async () => ({
              Component: (await import("@/features/policies/PolicyPage")).PolicyPage,
            }),
          },
          {
            path: "/runs/:runId/replay",
            lazy: async () => ({
              Component: (await import("@/features/replay/ReplayPage")).ReplayPage,
            }),
          },
          {
            path: "/alerts",
            lazy: async () => ({
              Component: (await import("@/features/alerts/AlertsPage")).AlertsPage,
            }),
          },
          {
            path: "/workers",
            lazy: async () => ({
              Component: (await import("@/features/workers/WorkersPage")).WorkersPage,
            }),
          },
          { path: "*", element: <NotFoundPage /> },
        ],
      },
    ],
  },
]);
