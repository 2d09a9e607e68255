"""What the API takes and gives, by topic. The page's TypeScript types are generated from it."""
