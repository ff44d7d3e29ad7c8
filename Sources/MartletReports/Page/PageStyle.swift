/// The page's stylesheet: colours for light and dark screens and for paper, tables, and the charts' classes.
enum PageStyle {
  static let css = """
    :root {
      color-scheme: light dark;
      --surface: #ffffff;
      --text: #1c2127;
      --muted: #555e69;
      --axis: #6d7681;
      --grid: #e2e6ea;
      --series-0: #0068a8;
      --series-1: #b84a00;
      --series-2: #00785a;
      --series-3: #a83b7d;
      --series-4: #7a6200;
      --series-5: #5b4fc4;
      --series-6: #2f3b48;
      --series-7: #b3202c;
      --heat: #04244a;
      --on-heat: #ffffff;
    }

    @media screen and (prefers-color-scheme: dark) {
      :root {
        --surface: #14181d;
        --text: #e6e9ed;
        --muted: #a9b2bc;
        --axis: #7d8791;
        --grid: #2c333b;
        --series-0: #56b4e9;
        --series-1: #f0913a;
        --series-2: #2fc79a;
        --series-3: #e08cc0;
        --series-4: #e0ca4a;
        --series-5: #a79df5;
        --series-6: #d3d9e0;
        --series-7: #ff7b7b;
        --heat: #a6dcff;
        --on-heat: #06121f;
      }
    }

    /* Paper has the light colours, whatever the reader's screen has: dark ones would waste ink. */
    @media print {
      .chart { break-inside: avoid; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    }

    .chart { display: block; width: 100%; max-width: 34rem; height: auto; color: var(--text); font-family: inherit; }
    .chart text { font-variant-numeric: tabular-nums; }
    .chart .axis-title, .chart .legend, .chart .cell { color: var(--text); }
    .chart .tick { color: var(--muted); }
    .chart .axis { color: var(--axis); }
    .chart .grid { color: var(--grid); }
    .chart .reference { color: var(--muted); }
    .chart .line { stroke-linejoin: round; }
    .chart .marker { stroke: var(--surface); stroke-width: 1; }
    .chart .heat { color: var(--heat); }
    /* A halo in the shade's own direction keeps numbers readable on middling shades too. */
    .chart .cell { paint-order: stroke; stroke: var(--surface); stroke-width: 2; stroke-opacity: 0.4; }
    .chart .cell.on-heat { color: var(--on-heat); stroke: var(--heat); stroke-opacity: 0.6; }
    .series-reference { color: var(--muted); }
    .series-0 { color: var(--series-0); }
    .series-1 { color: var(--series-1); }
    .series-2 { color: var(--series-2); }
    .series-3 { color: var(--series-3); }
    .series-4 { color: var(--series-4); }
    .series-5 { color: var(--series-5); }
    .series-6 { color: var(--series-6); }
    .series-7 { color: var(--series-7); }

    body { margin: 0 auto; padding: 1rem; max-width: 80rem; background: var(--surface); color: var(--text);
      font: 16px/1.5 system-ui, sans-serif; }
    h1 { font-size: 1.6rem; line-height: 1.25; margin: 1rem 0 0.25rem; overflow-wrap: anywhere; }
    h2 { font-size: 1.2rem; margin: 2.5rem 0 0.5rem; }
    p { margin: 0.25rem 0 0.75rem; max-width: 46rem; }
    .note { color: var(--muted); font-size: 0.9rem; }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
    th, td { padding: 0.3rem 0.7rem; text-align: right; white-space: nowrap; vertical-align: baseline;
      border-bottom: 1px solid var(--grid); }
    th { color: var(--muted); font-weight: 600; }
    thead th { white-space: normal; min-width: 4.5rem; }
    tr > :first-child { text-align: left; }
    tbody th { color: var(--text); }
    td.text { text-align: left; white-space: normal; overflow-wrap: anywhere; }
    .meaning { text-align: left; }
    td.meaning { white-space: normal; min-width: 18rem; color: var(--muted); }
    .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1rem 2rem; }
    figure { margin: 0; min-width: 0; }
    figcaption { font-weight: 600; overflow-wrap: anywhere; }
    .images { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: 1.5rem; }
    .images img { width: 96px; height: 96px; image-rendering: pixelated; border: 1px solid var(--grid); }
    .images .chart { max-width: 20rem; }
    @media print {
      html { font-size: 10px; }
      body { max-width: none; padding: 0; font-size: 1rem; }
      h2 { break-after: avoid; }
      figure, tr { break-inside: avoid; }
      .scroll { overflow: visible; }
      table { font-size: 0.8rem; }
      th, td { padding: 0.15rem 0.35rem; }
    }
    """
}
