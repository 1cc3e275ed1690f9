"""Addresses of this app's API below /api/v1/."""

from django.urls import path

from evals.api import calibrations, candidates, cases, grading, library, quality, results, sessions

urlpatterns = [
    path("quality-reports", quality.QualityReports.as_view()),
    path("quality-reports/<str:digest>/findings", quality.Findings.as_view()),
    path("production-samples", quality.ProductionSamples.as_view()),
    path("case-formats", cases.Formats.as_view()),
    path("cases/read", cases.CasesRead.as_view()),
    path("cases/convert", cases.CasesConvert.as_view()),
    path("evaluation-sets", cases.EvaluationSets.as_view()),
    path("evaluation-sets/<str:digest>/cases", cases.SetCases.as_view()),
    path("evaluation-sets/<str:digest>/changes", cases.SetChanges.as_view()),
    path("evaluation-sets/<str:digest>/retire", cases.SetRetire.as_view()),
    path("graders/read", cases.Graders.as_view()),
    path("failure-modes", library.FailureModes.as_view()),
    path("sessions", sessions.Sessions.as_view()),
    path("sessions/<str:id>", sessions.Session.as_view()),
    path("sessions/<str:id>/messages", sessions.SessionMessages.as_view()),
    path("sessions/<str:id>/end", sessions.SessionEnd.as_view()),
    path("sessions/<str:id>/exchanges/<str:number>/grades", sessions.SessionGrade.as_view()),
    path("sessions/<str:id>/exchanges/<str:number>/cases", sessions.SessionCase.as_view()),
    path("grading-rounds", grading.Rounds.as_view()),
    path("grading-rounds/<str:id>", grading.OneRound.as_view()),
    path("grading-rounds/<str:id>/agreement", grading.Agreed.as_view()),
    path("grading-rounds/<str:id>/close", grading.Close.as_view()),
    path("grading-rounds/<str:id>/abandon", grading.Abandon.as_view()),
    path("grading-rounds/<str:id>/items/<str:item>", grading.OneItem.as_view()),
    path("judge-calibrations", calibrations.JudgeCalibrations.as_view()),
    path("results/<str:digest>/judgements", results.Judgements.as_view()),
    path("results/<str:digest>/what-if", results.WhatIf.as_view()),
    path("results/<str:digest>/inspect-log", results.InspectLog.as_view()),
    path("results/<str:digest>/failures", results.Failures.as_view()),
    path("results/<str:digest>/candidates", candidates.ResultCandidates.as_view()),
    path("candidates", candidates.Candidates.as_view()),
    path("candidates/file", candidates.CandidatesFile.as_view()),
    path("candidates/draft", candidates.CandidatesDraft.as_view()),
    path("candidates/<str:id>/withdraw", candidates.CandidateWithdraw.as_view()),
    path("results/<str:digest>/failures/counts", results.FailureCounts.as_view()),
    path("results/<str:digest>/failures/file", results.FailuresFile.as_view()),
]
