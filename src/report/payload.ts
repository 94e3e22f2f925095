// What the page's script gets to draw: numbers and labels only, computed beforehand so that the script stays small.

/** One line of a chart. */
export interface SeriesSpec {
  name: string;
  /** Which of the page's `--slot-N` colours. */
  slot: number;
  /** Dash pattern in pixels, so that colour is never the only difference; empty is solid. */
  dash: number[];
  /** One value for each x; null leaves a gap. */
  values: (number | null)[];
  /** Whether each value is marked by a point: where they are few, or gaps may leave one alone. */
  marked?: boolean;
  /** Half widths of the intervals, drawn as whiskers. */
  whiskers?: (number | null)[];
  /** Indices of points to ring. */
  rings?: number[];
  /** A stretch of the x axis, drawn as a bar at the foot of the chart: the safe range of rates. */
  range?: [from: number, to: number];
}

export interface ChartSpec {
  /** The id of the element to draw into. */
  id: string;
  xLabel: string;
  /** What one x is, for the legend: "image", "rate", … Charts over images share their pointer. */
  xName: string;
  yLabel: string;
  /** How values are written: as fractions in percent, or as they are. */
  percent: boolean;
  /** A logarithmic x axis with every point marked, for learning rates. */
  logX: boolean;
  /** Fixed upper end of the y axis; without it the data decides. The lower end is 0. */
  yMax?: number;
  x: number[];
  series: SeriesSpec[];
}

/** One heat strip: time to the right, classes downwards. */
export interface HeatSpec {
  id: string;
  name: string;
  /** Names of the rows. */
  rows: string[];
  /** Images seen at the end of each column. */
  x: number[];
  /** [columns][rows], between 0 and 1. */
  share: number[][];
}

export interface PagePayload {
  charts: ChartSpec[];
  heats: HeatSpec[];
}
