/** The strategy as a graph: the way of a signal from block to block. */
import '@xyflow/react/dist/base.css'
import { Switch, useComputedColorScheme } from '@mantine/core'
import { IconLock } from '@tabler/icons-react'
import { Background, BackgroundVariant, Controls, type Edge, Handle, type Node, type NodeChange, type NodeProps, Position, ReactFlow } from '@xyflow/react'
import { useCallback, useMemo, useState } from 'react'
import { useNarrow } from '@/components/data-table'
import type { BlockView } from '@/protocol/generated'
import { blockText, isOn, switchOf, type Values } from './document'
import { HEIGHT, type Place, places, type Side, sides, storedPlaces, storePlaces, WIDTH } from './layout'
import css from './canvas.module.css'

interface BlockData extends Record<string, unknown> {
  readonly block: BlockView
  readonly on: boolean
  readonly text: string
  readonly changed: boolean
  readonly chosen: boolean
  readonly flip: (on: boolean) => void
  readonly open: () => void
}

const SIDES: Readonly<Record<Side, Position>> = { left: Position.Left, right: Position.Right, top: Position.Top, bottom: Position.Bottom }

function BlockNode({ data }: NodeProps<Node<BlockData>>) {
  const { block, on, text, changed, chosen } = data
  return (
    <div className={[css.block, on ? '' : css.off, chosen ? css.chosen : ''].join(' ')} data-testid={`block-${block.id}`} data-on={on} data-kind={block.kind}>
      {(Object.keys(SIDES) as Side[]).map((side) => (
        <span key={side}>
          <Handle id={`in-${side}`} type="target" position={SIDES[side]} isConnectable={false} className={css.handle ?? ''} />
          <Handle id={`out-${side}`} type="source" position={SIDES[side]} isConnectable={false} className={css.handle ?? ''} />
        </span>
      ))}
      <button type="button" className={`nodrag ${css.open}`} onClick={data.open} aria-label={`${block.title}: ${text}${changed ? ', not saved' : ''}`} data-testid={`open-${block.id}`}>
        <span className={css.title}>{block.title}{changed && <span className={css.dot} title="not saved" />}</span>
        <span className={css.text}>{text}</span>
      </button>
      {switchOf(block) === undefined
        ? block.fields.length === 0 && <IconLock size={14} className={css.lock ?? ''} aria-label="always on" />
        : <Switch size="xs" className={`nodrag ${css.switch}`} checked={on} onChange={(event) => data.flip(event.currentTarget.checked)} aria-label={`${block.title} on`} data-testid={`flip-${block.id}`} />}
    </div>
  )
}

const PHONE = { x: 36, y: 20, zoom: 1.45 }
const heightOf = (count: number) => Math.round((places(Array.from({ length: count }), 1).at(-1)?.y ?? 0) * PHONE.zoom + HEIGHT * PHONE.zoom + 2 * PHONE.y)

const NODE_TYPES = { block: BlockNode }

interface Props {
  readonly blocks: readonly BlockView[]
  readonly values: Values
  readonly changed: ReadonlySet<string>
  readonly chosen: string | null
  readonly onChoose: (id: string) => void
  readonly onFlip: (block: BlockView, on: boolean) => void
}

export default function Canvas({ blocks, values, changed, chosen, onChoose, onFlip }: Props) {
  const narrow = useNarrow()
  const scheme = useComputedColorScheme('dark')
  const [moved, setMoved] = useState<Readonly<Record<string, Place>>>(() => (narrow ? {} : storedPlaces()))
  const columns = narrow ? 1 : 5

  const nodes = useMemo(() => {
    const standard = places(blocks, columns)
    return blocks.map((block, index): Node<BlockData> => ({
      id: block.id,
      type: 'block',
      position: moved[block.id] ?? standard[index] ?? { x: 0, y: 0 },
      width: WIDTH,
      height: HEIGHT,
      // Known beforehand: a node made anew with each change is not measured anew, and keeps its edges.
      measured: { width: WIDTH, height: HEIGHT },
      draggable: !narrow,
      focusable: false,
      data: {
        block, on: isOn(block, values), text: blockText(block, values), changed: changed.has(block.id), chosen: chosen === block.id,
        flip: (on) => onFlip(block, on), open: () => onChoose(block.id),
      },
    }))
  }, [blocks, columns, moved, narrow, values, changed, chosen, onFlip, onChoose])

  const edges = useMemo(() => nodes.slice(1).map((node, index): Edge => {
    const from = nodes[index] ?? node
    const { out, into } = sides(from.position, node.position)
    return { id: `${from.id}-${node.id}`, source: from.id, target: node.id, sourceHandle: `out-${out}`, targetHandle: `in-${into}`, type: 'smoothstep', focusable: false, className: from.data.on && node.data.on ? css.edge ?? '' : css.faint ?? '' }
  }), [nodes])

  const onNodesChange = useCallback((changes: NodeChange<Node<BlockData>>[]) => {
    setMoved((old) => {
      const next = { ...old }
      let settled = false
      for (const change of changes) {
        if (change.type !== 'position' || change.position === undefined) continue
        next[change.id] = change.position
        settled ||= change.dragging === false
      }
      if (settled) storePlaces(next)
      return next
    })
  }, [])

  return (
    // On a phone the page scrolls along the way of the signal, instead of a canvas in a canvas.
    <div className={css.canvas} style={narrow ? { height: heightOf(blocks.length) } : {}} data-testid="strategy-canvas">
      <ReactFlow
        nodes={nodes} edges={edges} nodeTypes={NODE_TYPES} onNodesChange={onNodesChange} colorMode={scheme} {...(narrow ? { defaultViewport: PHONE } : { fitView: true, fitViewOptions: { padding: 0.06 } })} minZoom={0.3} maxZoom={1.6}
        nodesConnectable={false} nodesFocusable={false} edgesFocusable={false} elementsSelectable={false} zoomOnScroll={false} preventScrolling={false} panOnDrag={!narrow} panOnScroll={false} zoomOnPinch={!narrow} zoomOnDoubleClick={false} deleteKeyCode={null}
        aria-label="The way of a signal through the strategy"
      >
        <Background variant={BackgroundVariant.Dots} gap={22} size={1} />
        {!narrow && <Controls showInteractive={false} position="bottom-center" orientation="horizontal" />}
      </ReactFlow>
    </div>
  )
}
