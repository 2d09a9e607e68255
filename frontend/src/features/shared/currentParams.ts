/**
 * The address's parameters at this moment. The router's own `old` in `setParams(old => …)` is that
 * of the last drawing: of two changes in quick succession the second would take back the first.
 */
export function currentParams(): URLSearchParams {
  return new URLSearchParams(window.location.search);
}
