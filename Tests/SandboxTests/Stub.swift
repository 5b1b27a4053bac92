enum SandboxTestStub {}
