package storage

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/qrisd/qrisd/internal/pgtest"
)

func BenchmarkScratch(b *testing.B) {
	cluster := pgtest.Start(b, pgtest.Options{Durable: true})
	columns := append(append([]string{}, codes.columns...), "day")
	n := int64(0)
	dice := rand.New(rand.NewPCG(1, 1))
	row := func() []any {
		n++
		c := benchCode(n, randomRef(dice))
		return plain(append(codes.values(&c), "2026-01-01"))
	}
	ints := map[string]bool{"amount": true, "fee": true, "created_at": true, "expires_at": true, "closed_at": true}
	for _, size := range []int{1, 8, 32} {
		for _, durable := range []string{"on", "off"} {
			for _, way := range []string{"single", "values", "unnest", "copy"} {
				b.Run(strconv.Itoa(size)+"/"+way+"/"+durable, func(b *testing.B) {
					s := mustOpen(b, cluster.Database(b), Options{})
					_ = s
					lane := s.writer.lanes[0].(*postgresLane)
					ctx := context.Background()
					conn, err := lane.dial(ctx)
					if err != nil {
						b.Fatal(err)
					}
					defer conn.Close(ctx)
					conn.Exec(ctx, "SET synchronous_commit = "+durable)
					b.ResetTimer()
					for i := 0; i < b.N; i += size {
						if _, err := conn.Exec(ctx, "BEGIN"); err != nil {
							b.Fatal(err)
						}
						switch way {
						case "single":
							var batch pgx.Batch
							for range size {
								batch.Queue(insertCode, row()...)
							}
							err = conn.SendBatch(ctx, &batch).Close()
						case "values":
							var args []any
							var rows []string
							for range size {
								args = append(args, row()...)
								var ps []string
								for j := range columns {
									ps = append(ps, "$"+strconv.Itoa(len(rows)*len(columns)+j+1))
								}
								rows = append(rows, "("+strings.Join(ps, ",")+")")
							}
							var batch pgx.Batch
							batch.Queue("INSERT INTO code ("+strings.Join(columns, ",")+") VALUES "+strings.Join(rows, ","), args...)
							err = conn.SendBatch(ctx, &batch).Close()
						case "unnest":
							arrays := make([]any, len(columns))
							var ps []string
							for j, c := range columns {
								if ints[c] {
									arrays[j] = []int64{}
									ps = append(ps, "$"+strconv.Itoa(j+1)+"::bigint[]")
								} else {
									arrays[j] = []string{}
									ps = append(ps, "$"+strconv.Itoa(j+1)+"::text[]")
								}
							}
							for range size {
								for j, v := range row() {
									if ints[columns[j]] {
										arrays[j] = append(arrays[j].([]int64), v.(int64))
									} else {
										arrays[j] = append(arrays[j].([]string), v.(string))
									}
								}
							}
							var batch pgx.Batch
							batch.Queue("INSERT INTO code ("+strings.Join(columns, ",")+") SELECT * FROM unnest("+strings.Join(ps, ",")+")", arrays...)
							err = conn.SendBatch(ctx, &batch).Close()
						case "copy":
							var rows [][]any
							for range size {
								rows = append(rows, row())
							}
							_, err = conn.CopyFrom(ctx, pgx.Identifier{"code"}, columns, pgx.CopyFromRows(rows))
						}
						if err != nil {
							b.Fatal(err)
						}
						if _, err := conn.Exec(ctx, "COMMIT"); err != nil {
							b.Fatal(err)
						}
					}
					b.StopTimer()
					b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
				})
			}
		}
	}
}
