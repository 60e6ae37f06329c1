package rpc

import (
	"context"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/schema"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/lint"
)

// Errors of LintFiles.
var (
	errEngineMissing = fault.New(fault.Invalid, "ENGINE_MISSING", "name the engine, or a database of the suite").Field("engine")
	errEngineOther   = fault.New(fault.Invalid, "ENGINE_CONTRADICTS", "the database is on another engine").Field("engine")
)

// LintFiles judges files. Nothing is run.
func (s *MigrationServer) LintFiles(ctx context.Context, req *migrationsv1.LintFilesRequest) (*migrationsv1.LintFilesResponse, error) {
	engine, setup, opts, err := s.upon(ctx, req)
	if err != nil {
		return nil, err
	}
	name := lint.Postgres
	if engine == migrations.ClickHouse {
		name = lint.ClickHouse
	}
	setup = append(setup, each(req.GetSetup(), fileFromProto)...)
	found, err := lint.Lint(name, setup, each(req.GetFiles(), fileFromProto), opts)
	if err != nil {
		return nil, err
	}
	return &migrationsv1.LintFilesResponse{Findings: each(found, findingToProto)}, nil
}

// upon returns the engine, and what the database that is named brings along: its files that are not to be judged, and what its server says.
func (s *MigrationServer) upon(ctx context.Context, req *migrationsv1.LintFilesRequest) (engine migrations.Engine, setup []lint.File, opts lint.Options, err error) {
	if req.GetDatabase() == "" {
		switch req.GetEngine() {
		case migrationsv1.Engine_ENGINE_POSTGRES:
			return migrations.Postgres, nil, lint.Options{InTransaction: true, TimeoutsSet: true}, nil
		case migrationsv1.Engine_ENGINE_CLICKHOUSE:
			return migrations.ClickHouse, nil, lint.Options{TimeoutsSet: true}, nil
		case migrationsv1.Engine_ENGINE_UNSPECIFIED:
		}
		return 0, nil, opts, errEngineMissing
	}
	engine, files, opts, err := s.databases.Files(ctx, req.GetDatabase())
	if err != nil {
		return 0, nil, opts, err
	}
	if req.GetEngine() != migrationsv1.Engine_ENGINE_UNSPECIFIED && req.GetEngine() != engineToProto(engine) {
		return 0, nil, opts, errEngineOther.With("database %q is on %s", req.GetDatabase(), engine)
	}
	judged := map[string]bool{}
	for _, f := range req.GetFiles() {
		judged[f.GetName()] = true
	}
	for _, f := range files {
		if !judged[f.Name] {
			setup = append(setup, fileOf(f))
		}
	}
	return engine, setup, opts, nil
}

func fileOf(f schema.File) lint.File { return lint.File{Name: f.Name, SQL: f.SQL} }

func fileFromProto(f *migrationsv1.SqlFile) lint.File {
	return lint.File{Name: f.GetName(), SQL: f.GetSql()}
}
