/** Plotly, reduced to SVG scatter and bars; a chunk of its own, loaded where a chart is drawn. */
import bar from "plotly.js/lib/bar";
import Plotly from "plotly.js/lib/core";

Plotly.register([bar]);

export default Plotly;
