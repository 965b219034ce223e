/** A chart over time in the page's colours and the chosen zone, before it has any series. */
import { ColorType, createChart, CrosshairMode, type IChartApi, TickMarkType, type UTCTimestamp } from 'lightweight-charts'
import type { TimeFormat } from '@/lib/time'

export const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

function tick(at: UTCTimestamp, kind: TickMarkType, time: TimeFormat): string {
  if (kind === TickMarkType.TimeWithSeconds) return time.clock(at * 1000)
  return kind === TickMarkType.Time ? time.clock(at * 1000).slice(0, 5) : time.day(at * 1000)
}

export function createMoneyChart(box: HTMLElement, time: TimeFormat): IChartApi {
  return createChart(box, {
    autoSize: true,
    layout: { background: { type: ColorType.Solid, color: 'transparent' }, textColor: colour('--muted'), fontFamily: 'Geist Variable, system-ui, sans-serif', fontSize: 11, attributionLogo: false, panes: { separatorColor: colour('--line'), separatorHoverColor: colour('--line-strong') } },
    grid: { vertLines: { visible: false }, horzLines: { color: colour('--line') } },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.12, bottom: 0.08 } },
    timeScale: { borderVisible: false, timeVisible: true, secondsVisible: true, rightOffset: 2, tickMarkFormatter: (at: UTCTimestamp, kind: TickMarkType) => tick(at, kind, time), lockVisibleTimeRangeOnResize: true },
    localization: { timeFormatter: (at: UTCTimestamp) => `${time.full(at * 1000)} ${time.label}` },
    crosshair: { mode: CrosshairMode.Magnet, vertLine: { color: colour('--line-strong'), labelBackgroundColor: colour('--line-strong') }, horzLine: { color: colour('--line-strong'), labelBackgroundColor: colour('--line-strong') } },
    handleScroll: { vertTouchDrag: false },
  })
}
