import type { ComponentType } from "react";
import { createBrowserRouter, type RouteObject } from "react-router";
import { HomePage } from "@/features/home/HomePage";
import { CrashPage } from "./CrashPage";
import { NotFoundPage } from "./NotFoundPage";
import pages from "./pages.json";
import { Shell } from "./Shell";

type PageModule = Record<string, ComponentType>;
const files = import.meta.glob<PageModule>(["../features/*/*Page.tsx", "!**/HomePage.tsx"]);

/** Every page but the first is a chunk of its own; pages.json says where each lies. */
function page(path: string, place: string): RouteObject {
  const name = place.slice(place.indexOf("/") + 1);
  return {
    path,
    lazy: async () => ({ Component: (await files[`../features/${place}.tsx`]?.())?.[name] }),
  };
}

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
          ...Object.entries(pages).map(([path, place]) => page(path, place)),
          { path: "*", element: <NotFoundPage /> },
        ],
      },
    ],
  },
]);
