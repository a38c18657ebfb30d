"""What the stage stores."""

from .agreement import Agreement, AgreementTarget
from .package import (
    DesignCriterion,
    PackageSection,
    ServiceDesignPackage,
    SignOff,
    SystemRequirement,
)
from .performance import PerformanceTarget, RedundancyGroup
from .process import ProcessDefinition, ProcessStep, StepDuty
from .validation import Defect, TestCase, TestRun, ValidationPlan

__all__ = [
    "Agreement", "AgreementTarget", "Defect", "DesignCriterion", "PackageSection", "PerformanceTarget",
    "ProcessDefinition", "ProcessStep", "RedundancyGroup", "ServiceDesignPackage", "SignOff", "StepDuty",
    "SystemRequirement", "TestCase", "TestRun", "ValidationPlan",
]  # fmt: skip
